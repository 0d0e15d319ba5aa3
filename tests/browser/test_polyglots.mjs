// Files that are two things at once, or pretend to be another: none of them runs a script at the chat's origin, whatever it is
// called and however a page refers to it.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { RawClient } from './harness.mjs';
import { png } from './test_files.mjs';

const MARK = 'polyglot ran';
// Says that it runs, to whoever looks after the page and to whoever started it as a worker, and touches what is the chat's.
const RUN = `console.log("${MARK}");try{postMessage("ran")}catch(e){}try{localStorage.setItem("polyglot",1)}catch(e){}`;
const TAG = `<script>${RUN}</script>`;
const PAGE = `<!doctype html><html><head><title>p</title></head><body>${TAG}</body></html>`;
const XHTML = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>p</title></head><body>${TAG}</body></html>`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>${RUN}</script></svg>`;
const SHEET =
  '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">' +
  `<xsl:output method="html"/><xsl:template match="/">${PAGE.slice(15)}</xsl:template></xsl:stylesheet>`;
const PDF = '%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';
const MHT =
  'From: <p>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n' +
  `--b\r\nContent-Type: text/html\r\nContent-Location: http://localhost/p\r\n\r\n${PAGE}\r\n--b--\r\n`;

const HTML = 'text/html';
const JS = 'text/javascript';
const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
const wide = (text) => Buffer.from(`\ufeff${text}`, 'utf16le');
const size = (number) => Buffer.from([number & 255, (number >> 8) & 255, (number >> 16) & 255, number >>> 24]);
// A picture that is a script as well: its measures begin a comment.
const GIF_JS = bytes('GIF89a/*', Buffer.alloc(4), '\x01\x00*/=1;', RUN);
const JPEG_HTML = bytes('\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00', '\xff\xfe\x03\x00', PAGE.padEnd(766), '\xff\xd9');
const JPEG_JS = bytes('\xff\xd8\xff\xe0/*', Buffer.alloc(0x2f2a - 4), `*/=1;${RUN}//\xff\xd9`);

// A name, the bytes, and the type by which a server that believed the name, or guessed, would have a browser run them.
const KINDS = [
  ['page.html', PAGE, HTML],
  ['page.htm', `\xef\xbb\xbf${PAGE}`, HTML],
  ['page.shtml', `<!--#exec cmd="id"-->${PAGE}`, HTML],
  ['page.php', `<?php phpinfo(); ?>${PAGE}`, HTML],
  ['page.hta', `<hta:application>${PAGE}`, HTML],
  ['page.xhtml', XHTML, 'application/xhtml+xml'],
  ['page.xml', XHTML, 'application/xml'],
  ['styled.xml', `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml,x"?>${XHTML}`],
  ['entity.xml', `<!DOCTYPE html [<!ENTITY e "x">]>${XHTML}`, 'application/xml'],
  ['sheet.xsl', SHEET],
  ['picture.svg', SVG, 'image/svg+xml'],
  ['picture.svgz', gzipSync(SVG)],
  ['loads.svg', `<svg xmlns="http://www.w3.org/2000/svg" onload='${RUN}'/>`, 'image/svg+xml'],
  ['frame.svg', `<svg xmlns="http://www.w3.org/2000/svg"><foreignObject>${XHTML}</foreignObject></svg>`, 'image/svg+xml'],
  ['page.mht', MHT],
  ['page.mhtml', MHT],
  ['mail.eml', `Content-Type: text/html\r\n\r\n${PAGE}`],
  ['replace.txt', `--b\r\nContent-Type: text/html\r\n\r\n${PAGE}\r\n--b--\r\n`],
  ['run.js', RUN, JS],
  ['run.mjs', `export default 1;${RUN}`],
  ['data.json', `/**/${RUN}`, JS],
  ['worker.js', `self.addEventListener("fetch",(e)=>e.respondWith(new Response("x")));${RUN}`, JS],
  ['style.css', `@import "javascript:${RUN}";body{background:url("javascript:1");behavior:url(#x)}`],
  ['caption.vtt', `WEBVTT\n\n00:00.000 --> 00:01.000\n${TAG}\n`],
  ['app.webmanifest', `{"start_url":"/","name":"${TAG}"}`],
  ['cache.appcache', 'CACHE MANIFEST\nFALLBACK:\n/ /\n'],
  ['link.url', '[InternetShortcut]\r\nURL=javascript:alert(1)\r\n'],
  ['README', PAGE, HTML],
  ['text.txt', PAGE, HTML],
  ['late.txt', ' '.repeat(3000) + PAGE, HTML],
  ['nul.txt', '\x00'.repeat(30) + PAGE, HTML],
  ['seven.html', '+ADw-script+AD4-console.log(+ACI-polyglot ran+ACI-)+ADw-/script+AD4-'],
  ['wide.html', wide(PAGE), HTML],
  ['japan.html', `\x1b$B${'a'.repeat(40)}\x1b(B${PAGE}`, HTML],
  ['photo.png', PAGE, HTML],
  ['photo.jpg', PAGE, HTML],
  ['photo.gif', SVG, 'image/svg+xml'],
  ['photo.webp', RUN, JS],
  ['paper.pdf', PAGE, HTML],
  ['film.mp4', PAGE, HTML],
  ['behind.png', bytes(png(9, 9), PAGE), HTML],
  ['behind.html', bytes(png(9, 9), PAGE), HTML],
  ['script.gif', GIF_JS, JS],
  ['script.gif.js', GIF_JS, JS],
  ['behind.gif', bytes('GIF89a\x01\x00\x01\x00\x80\x00\x00', PAGE), HTML],
  ['comment.jpg', JPEG_HTML, HTML],
  ['comment.html', JPEG_HTML, HTML],
  ['script.jpg', JPEG_JS],
  ['script.bmp', bytes('BM/*\x00\x00*/=1;', RUN), JS],
  ['script.wav', bytes('RIFF=1/*', size(400), `WAVE*/;${RUN}`)],
  ['behind.webp', bytes('RIFF', size(4000), 'WEBPVP8 ', PAGE), HTML],
  ['behind.wav', bytes('RIFF', size(4000), 'WAVEfmt ', PAGE), HTML],
  ['behind.mp4', bytes('\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2', PAGE), HTML],
  ['behind.webm', bytes('\x1aE\xdf\xa3', Buffer.alloc(20), 'webm', PAGE), HTML],
  ['behind.ogg', bytes('OggS\x00\x02', Buffer.alloc(22), PAGE), HTML],
  ['behind.mp3', bytes('ID3\x03\x00\x00\x00\x00\x00\x0a', PAGE), HTML],
  ['behind.flac', bytes('fLaC\x00\x00\x00\x22', Buffer.alloc(34), PAGE), HTML],
  ['archive.jar', bytes('PK\x03\x04', Buffer.alloc(26), PAGE, 'PK\x05\x06', Buffer.alloc(18)), HTML],
  ['acts.pdf', PDF],
  ['both.pdf', PDF + PAGE, HTML],
  ['movie.swf', bytes('FWS\x09', size(900), PAGE), HTML],
  ['a"\r\nContent-Type: text/html\r\n\r\n<script>.html', PAGE, HTML],
  ['x.html;.png', PAGE, HTML],
];

// Sends all of them, by their names or by this one; their URLs.
async function sendAll(suite, kinds, called = '') {
  const anna = await RawClient.connect(suite, `anna${Date.now()}`);
  const { url } = suite.server;
  const ids = [];
  await anna.ask({ op: 'join', room: '#lobby' });
  for (const [name, content] of kinds) {
    const answer = await fetch(`${url}/files?name=${encodeURIComponent(called || name)}`, {
      method: 'POST',
      body: bytes(content),
      headers: { Authorization: `Bearer ${anna.welcome.session}` },
    });
    assert.equal(answer.status, 201, name);
    ids.push((await answer.json()).file);
  }
  const urls = [];
  for (let at = 0; at < ids.length; at += 10) {
    await anna.ask({ op: 'send', room: '#lobby', message: '', files: ids.slice(at, at + 10) });
    const { messages } = await anna.ask({ op: 'history', room: '#lobby', limit: 1 });
    urls.push(...messages[0].files.map((file) => new URL(file.url, url).href));
  }
  assert.equal(urls.length, ids.length);
  return urls;
}

// A context that notes where something ran, and has pages without any policy at the chat's origin.
async function look(suite, pages) {
  const context = await suite.browser.newContext();
  suite.contexts.push(context);
  const ran = [];
  context.on('console', (message) => {
    if (message.text() === MARK) ran.push(message.page()?.url() ?? '');
  });
  await context.route(/\/polyglots\//, (route) => {
    const [body, contentType] = pages[new URL(route.request().url()).pathname] ?? ['', HTML];
    return route.fulfill({ body: bytes(body), contentType });
  });
  return { context, ran };
}

async function assertUntouched(context, url) {
  const page = await context.newPage();
  await page.goto(`${url}/polyglots/empty`);
  const found = await page.evaluate(async () => ({
    stored: localStorage.length,
    cookies: document.cookie,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    caches: (await caches.keys()).length,
  }));
  assert.deepEqual(found, { stored: 0, cookies: '', workers: 0, caches: 0 });
}

// What is not shown in a page is a download instead.
async function open(frame, url) {
  await frame.goto(url).catch((error) => {
    if (!/Download is starting|ERR_ABORTED/.test(error.message)) throw error;
  });
}

// Runs in the page: refers to the file in every way that could run it, and waits until each has failed or done.
async function refer(url) {
  const element = (name, fields) =>
    new Promise((resolve) => {
      const one = Object.assign(document.createElement(name), fields);
      one.onload = one.onerror = resolve;
      document.body.append(one);
    });
  const worker = (make) =>
    new Promise((resolve) => {
      const one = make();
      one.onmessage = one.onerror = resolve;
    });
  await Promise.all([
    element('script', { src: url }),
    element('script', { src: url, type: 'module' }),
    element('link', { href: url, rel: 'stylesheet' }),
    element('img', { src: url }),
    worker(() => new Worker(url)),
    worker(() => new Worker(url, { type: 'module' })),
    navigator.serviceWorker.register(url).then(
      () => undefined,
      () => undefined,
    ),
  ]);
}

export const tests = {
  // Else the others would see nothing, whatever ran.
  'kinds that would run without the server': async (suite) => {
    const pages = {};
    const kinds = KINDS.map(([name, content, type], at) => [`/polyglots/${at}`, name, content, type]).filter(([, , , type]) => type);
    for (const [path, , content, type] of kinds) {
      pages[path] = [content, type];
      if (type === JS) pages[`${path}/page`] = [`<script src="${path}"></script>`, HTML];
    }
    const { context, ran } = await look(suite, pages);
    const page = await context.newPage();
    const still = [];
    for (const [path, name, , type] of kinds) {
      ran.length = 0;
      const said = page.waitForEvent('console', { predicate: (message) => message.text() === MARK, timeout: 10_000 }).catch(() => undefined);
      await page.goto(`${suite.server.url}${path}${type === JS ? '/page' : ''}`);
      if (!(await said)) still.push(name);
    }
    assert.deepEqual(still, []);
    assert.ok(kinds.length >= 40);
  },

  'polyglots opened at the chat’s origin run nothing': {
    needs: 'files',
    run: async (suite) => {
      const { context, ran } = await look(suite, {});
      const page = await context.newPage();
      for (const one of await sendAll(suite, KINDS)) await open(page, one);
      assert.deepEqual(ran, []);
      await assertUntouched(context, suite.server.url);
    },
  },

  'polyglots that are called pages run nothing in a frame': {
    needs: 'files',
    run: async (suite) => {
      const { url } = suite.server;
      const urls = await sendAll(suite, KINDS, 'index.html');
      const { context, ran } = await look(suite, { '/polyglots/frame': ['<iframe></iframe>', HTML] });
      const page = await context.newPage();
      await page.goto(`${url}/polyglots/frame`);
      for (const one of urls) await open(page.frames()[1], one);
      assert.deepEqual(ran, []);
      await assertUntouched(context, url);
    },
  },

  'polyglots that a page refers to run nothing': {
    needs: 'files',
    run: async (suite) => {
      const { url } = suite.server;
      const urls = await sendAll(suite, KINDS);
      const { context, ran } = await look(suite, {});
      const page = await context.newPage();
      await page.goto(`${url}/polyglots/empty`);
      for (const one of urls) await page.evaluate(refer, one);
      assert.deepEqual(ran, []);
      await assertUntouched(context, url);
    },
  },

  // A browser takes a sheet of any type: the document that names it must be none.
  'a file does not have another file as its style sheet': {
    needs: 'files',
    run: async (suite) => {
      const [sheet] = await sendAll(suite, [['sheet.xsl', SHEET]]);
      const styled = `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="${new URL(sheet).pathname}"?><x/>`;
      const urls = await sendAll(suite, [
        ['a.xml', styled],
        ['a.svg', styled],
        ['a.xhtml', styled],
      ]);
      const { context, ran } = await look(suite, { '/polyglots/styled': [styled, 'application/xml'] });
      const page = await context.newPage();
      for (const one of urls) await open(page, one);
      assert.deepEqual(ran, []);
      const said = page.waitForEvent('console', (message) => message.text() === MARK);
      await page.goto(`${suite.server.url}/polyglots/styled`);
      await said;
    },
  },
};
