// Builds web/dist: the files that brusiod carries, each with its compressed forms, and files.json,
// the list of them that the server's build reads.
//
//   node build.mjs            build, and fail if the page outgrew its budget
//   node build.mjs --watch    build again whenever a source changes (serve with brusiod --web-root)

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { operations } from './operations.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const dist = join(here, 'dist');
const version = readFileSync(join(root, 'VERSION'), 'utf8').trim();

// All JavaScript and CSS together, gzipped.
const BUDGET_BYTES = 60 * 1024;

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
};

// The page's text: the keys below `web.` of the project's catalogues, and what the server says of its commands.
export function catalogue(language) {
  const all = JSON.parse(readFileSync(join(root, 'lang', `${language}.json`), 'utf8'));
  const below = (prefix, instead) =>
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, text]) => [instead + key.slice(prefix.length), text]);
  return Object.fromEntries([...below('command.help.', 'cmd.'), ...below('web.', '')]);
}

export const languages = {
  name: 'languages',
  setup(build) {
    build.onResolve({ filter: /^virtual:lang\// }, ({ path }) => ({ path: path.slice('virtual:lang/'.length), namespace: 'lang' }));
    build.onLoad({ filter: /.*/, namespace: 'lang' }, ({ path }) => ({ contents: JSON.stringify(catalogue(path)), loader: 'json' }));
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

function hashed(name, contents) {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10);
  return name.replace(/\.(\w+)$/, `-${hash}.$1`);
}

export async function build() {
  const files = [];
  const names = {};
  const add = (path, contents, immutable) => {
    const body = Buffer.from(contents);
    files.push({ path, type: types[path.split('.').pop()], immutable, body });
  };
  const addHashed = (name, contents) => {
    names[name] = `/${hashed(name, contents)}`;
    add(names[name].slice(1), contents, true);
  };

  addHashed('app.js', await compile('main.tsx', { BRUSIO_VERSION: JSON.stringify(version) }));
  addHashed('app.css', await compile('styles/app.css'));
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
  add('sw.js', await compile('sw.ts', define), false);
  return files;
}

function write(files) {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  let counted = 0;
  for (const { path, body } of files) {
    const gzipped = gzipSync(body, { level: 9 });
    const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: body.length } });
    writeFileSync(join(dist, path), body);
    writeFileSync(join(dist, `${path}.gz`), gzipped);
    writeFileSync(join(dist, `${path}.br`), brotli);
    if (/\.(js|css)$/.test(path)) {
      counted += gzipped.length;
      console.log(`  WEB ${path}: ${body.length} bytes, ${gzipped.length} gzipped, ${brotli.length} brotli`);
    }
  }
  const list = files.map(({ path, type, immutable }) => ({ path, type, immutable }));
  writeFileSync(join(dist, 'files.json'), `${JSON.stringify(list, null, 2)}\n`);
  console.log(`  WEB ${counted} of ${BUDGET_BYTES} bytes of gzipped JavaScript and CSS`);
  if (counted > BUDGET_BYTES) throw new Error(`the page is ${counted - BUDGET_BYTES} bytes over its budget`);
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
