// Made by the build from lang/ at the repository root: the keys below `web.`, without it.
declare module 'virtual:lang/en' {
  const catalogue: Record<string, string>;
  export default catalogue;
}
declare module 'virtual:lang/it' {
  const catalogue: Record<string, string>;
  export default catalogue;
}

declare const BRUSIO_VERSION: string;
