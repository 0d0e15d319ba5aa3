// Made by the build from lang/ at the repository root: the keys below `web.`, without it, and their
// two parts: what the page begins with, and what comes with the views that come later.
declare module 'virtual:lang/en' {
  const catalogue: Record<string, string>;
  export default catalogue;
}
declare module 'virtual:lang/en/first' {
  const catalogue: Record<string, string>;
  export default catalogue;
}
declare module 'virtual:lang/en/later' {
  const catalogue: Record<string, string>;
  export default catalogue;
}
declare module 'virtual:lang/it' {
  const catalogue: Record<string, string>;
  export default catalogue;
}
declare module 'virtual:lang/it/first' {
  const catalogue: Record<string, string>;
  export default catalogue;
}
declare module 'virtual:lang/it/later' {
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
