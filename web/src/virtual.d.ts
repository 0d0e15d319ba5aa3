// Made by the build from lang/ at the repository root: the keys below `web.`, without it.
declare module 'virtual:lang/en' {
  const catalogue: Record<string, string>;
  export default catalogue;
}
declare module 'virtual:lang/it' {
  const catalogue: Record<string, string>;
  export default catalogue;
}

// Made by the build from src/base/operations.h at the repository root.
declare module 'virtual:operations' {
  import type { Row } from './model/commands.ts';
  const rows: Row[];
  export default rows;
}

declare const BRUSIO_VERSION: string;
