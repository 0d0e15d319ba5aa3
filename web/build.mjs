// Builds web/dist: the files that brusiod carries, each with its compressed forms, and files.json,
// the list of them that the server's build reads.
//
//   node build.mjs            build, and fail if the page outgrew its budget
//   node build.mjs --watch    build again whenever a source changes (serve with brusiod --web-root)

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { operations } from './operations.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const dist = join(here, 'dist');
const version = readFileSync(join(root, 'VERSION'), 'utf8').trim();

// Gzipped: what is loaded before one can write (the page's script, its style, and one language), and
// what comes later, when it is first wanted.
const FIRST_BYTES = 60 * 1024;
const LATER_BYTES = 120 * 1024;

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
};

// Texts of views that come later come with them.
const LATER = /^(?!(?!files|pins|edits).*\.title$|thread\.answers|format\.bar|search\.nothing|room\.(?:is_private|more|remove|try_again))(?:admin|ban|choice|cmd|date|delete|density|direct\.name|duration|edits|emoji|enter|error\.days|files|format|help|invite|key|language|level|mentions\.none|moderation|passkey\.(?!none)|pins|password|profile|seen|log\.(?:copy|mark|more)|person|register|role|room\.|saved|search|sessions|settings|sign_in\.(?:insecure|fingerprint|go_secure)|size|theme|thread|totp\.(?!code))/;

// The page's text: the keys below `web.` of the project's catalogues, and what the server says of its commands.
export function catalogue(language) {
  const all = JSON.parse(readFileSync(join(root, 'lang', `${language}.json`), 'utf8'));
  const below = (prefix, instead) =>
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, text]) => [instead + key.slice(prefix.length), text]);
  return Object.fromEntries([...below('command.help.', 'cmd.'), ...below('web.', '')]);
}

function texts(path) {
  const [language, part] = path.split('/');
  const isWanted = ([key]) => part === undefined || LATER.test(key) === (part === 'later');
  return Object.fromEntries(Object.entries(catalogue(language)).filter(isWanted));
}

// `virtual:lang/en` is all of it, `virtual:lang/en/first` and `virtual:lang/en/later` are its two parts.
export const languages = {
  name: 'languages',
  setup(build) {
    build.onResolve({ filter: /^virtual:lang\// }, ({ path }) => ({ path: path.slice('virtual:lang/'.length), namespace: 'lang' }));
    build.onLoad({ filter: /.*/, namespace: 'lang' }, ({ path }) => ({ contents: `export default ${JSON.stringify(texts(path))}`, loader: 'js' }));
  },
};

const options = {
  bundle: true,
  write: false,
  minify: true,
  target: ['chrome111', 'firefox115', 'safari16.4'],
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  plugins: [languages, operations],
  logLevel: 'warning',
};

async function compile(entry, define) {
  const result = await bundle({ ...options, entryPoints: [join(here, 'src', entry)], outfile: 'out', define });
  return Buffer.from(result.outputFiles[0].contents);
}

// The page's script, in files: the entry, and those that it loads when they are wanted. Their names carry
// the hash of their contents.
async function compileSplit(entry, define) {
  const result = await bundle({
    ...options,
    entryPoints: { app: join(here, 'src', entry) },
    outdir: dist,
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: 'app-[name]-[hash]',
    metafile: true,
    define,
  });
  const parts = result.outputFiles.map(({ path, contents }) => ({ name: basename(path), contents: Buffer.from(contents) }));
  const { outputs } = result.metafile;
  const byName = Object.fromEntries(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const main = Object.keys(byName).find((name) => byName[name].entryPoint?.endsWith(entry));
  // The entry's direct imports are part of the first load, and so is one language.
  const first = new Set([main]);
  for (const name of first) {
    for (const { path, kind } of byName[name].imports) if (kind === 'import-statement') first.add(basename(path));
  }
  for (const name of Object.keys(byName)) if (byName[name].entryPoint === 'lang:en/first') first.add(name);
  return { parts, main, first };
}

function hashed(name, contents) {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10);
  return name.replace(/\.(\w+)$/, `-${hash}.$1`);
}

export async function build() {
  const files = [];
  const names = {};
  const add = (path, contents, immutable, load = '') => {
    const body = Buffer.from(contents);
    files.push({ path, type: types[path.split('.').pop()], immutable, body, load });
  };
  const addHashed = (name, contents, load) => {
    names[name] = `/${hashed(name, contents)}`;
    add(names[name].slice(1), contents, true, load);
  };

  const { parts, main, first } = await compileSplit('main.tsx', { BRUSIO_VERSION: JSON.stringify(version) });
  for (const { name, contents } of parts) {
    add(name, contents, true, first.has(name) ? 'first' : 'later');
    names[name === main ? 'app.js' : name] = `/${name}`;
  }
  addHashed('app.css', await compile('styles/app.css'), 'first');
  addHashed('app-later.css', await compile('styles/later.css'), 'later');
  for (const icon of readdirSync(join(here, 'icons'))) {
    if (icon !== 'icon-maskable.svg') addHashed(icon, readFileSync(join(here, 'icons', icon)));
  }
  const manifest = {
    name: 'brusio',
    short_name: 'brusio',
    id: '/',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#f4f0e8',
    theme_color: '#1c6658',
    // Content that other applications share comes to the service worker, and from there to the page.
    share_target: {
      action: '/share',
      method: 'POST',
      enctype: 'multipart/form-data',
      params: { title: 'title', text: 'text', url: 'url', files: [{ name: 'files', accept: ['*/*'] }] },
    },
    icons: [
      { src: names['icon.svg'], sizes: 'any', type: 'image/svg+xml' },
      ...[192, 512].flatMap((size) =>
        ['any', 'maskable'].map((purpose) => ({
          src: names[`icon-${size}.png`],
          sizes: `${size}x${size}`,
          type: 'image/png',
          purpose,
        })),
      ),
    ],
  };
  add('manifest.webmanifest', JSON.stringify(manifest), false);
  const page = readFileSync(join(here, 'src', 'index.html'), 'utf8').replace(/\{\{([\w.-]+)\}\}/g, (_, name) => names[name]);
  add('index.html', page, false);
  const shell = ['/', '/manifest.webmanifest', ...Object.values(names)];
  const buildHash = createHash('sha256').update(page).update(JSON.stringify(shell)).digest('hex').slice(0, 10);
  const define = { SHELL: JSON.stringify(shell), BUILD: JSON.stringify(buildHash) };
  add('sw.js', await compile('sw.ts', define), false, 'later');
  return files;
}

function write(files) {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const counted = { first: 0, later: 0 };
  for (const { path, body, load } of files) {
    const gzipped = gzipSync(body, { level: 9 });
    const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: body.length } });
    writeFileSync(join(dist, path), body);
    writeFileSync(join(dist, `${path}.gz`), gzipped);
    writeFileSync(join(dist, `${path}.br`), brotli);
    if (!load) continue;
    counted[load] += gzipped.length;
    console.log(`  WEB ${path}: ${body.length} bytes, ${gzipped.length} gzipped, ${load}`);
  }
  const list = files.map(({ path, type, immutable }) => ({ path, type, immutable }));
  writeFileSync(join(dist, 'files.json'), `${JSON.stringify(list, null, 2)}\n`);
  for (const [load, limit] of [['first', FIRST_BYTES], ['later', LATER_BYTES]]) {
    console.log(`  WEB ${load}: ${counted[load]} of ${limit} bytes of gzipped JavaScript and CSS`);
    if (counted[load] > limit) throw new Error(`what is loaded ${load} is ${counted[load] - limit} bytes over its budget`);
  }
}

async function once() {
  write(await build());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await once();
  } catch (error) {
    console.error(`web/build.mjs: ${error.message}`);
    process.exit(1);
  }
  if (process.argv.includes('--watch')) {
    let timer;
    for (const folder of [join(here, 'src'), join(root, 'lang')]) {
      watch(folder, { recursive: true }, () => {
        clearTimeout(timer);
        timer = setTimeout(() => once().catch((error) => console.error(`web/build.mjs: ${error.message}`)), 100);
      });
    }
  }
}
