// A small server in memory that speaks doc/protocol.md over WebSocket, for developing and testing
// web/ without brusiod: the contract alone, no storage, no limits. It serves web/dist as brusiod does.
//
//   node tests/browser/mock_server.mjs --port 5080 [--root web/dist]

import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockChat } from './mock_chat.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { WebSocketServer } = createRequire(join(root, 'web', 'package.json'))('ws');

export const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

function serveFiles(folder, chat) {
  const list = new Map(JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')).map((file) => [`/${file.path}`, file]));
  return (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    if (path === '/api/server') {
      response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ name: 'brusio', version: '0', ...chat.facts }));
    }
    const file = list.get(path === '/' ? '/index.html' : path);
    if (!file || !existsSync(join(folder, file.path))) {
      response.writeHead(404, HEADERS).end('not found\n');
      return;
    }
    const gzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    response.writeHead(200, {
      ...HEADERS,
      'content-type': file.type,
      'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(readFileSync(join(folder, file.path + (gzip ? '.gz' : ''))));
  };
}

export async function startMock({ port = 0, folder = join(root, 'web', 'dist'), chat = new MockChat() } = {}) {
  const http = createServer(serveFiles(folder, chat));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 65536 });
  http.on('upgrade', (request, socket, head) => {
    if (new URL(request.url, 'http://localhost').pathname !== '/ws') return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (line) => {
      const connection = chat.connect((object) => line.readyState === line.OPEN && line.send(JSON.stringify(object)), () => line.close());
      line.on('message', (data) => chat.receive(connection, data.toString()));
      line.on('close', () => chat.disconnect(connection));
      line.on('error', () => line.terminate());
    });
  });
  await new Promise((resolve, reject) => http.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    chat,
    port: http.address().port,
    url: `http://127.0.0.1:${http.address().port}`,
    // Like kill -9: lines drop without a word.
    async stop() {
      for (const line of sockets.clients) line.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      chat.dropAll();
    },
  };
}


if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name, otherwise) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : process.argv[at + 1];
  };
  const server = await startMock({ port: Number(option('port', 0)), folder: option('root', join(root, 'web', 'dist')) });
  console.log(`listening on 127.0.0.1:${server.port}`);
}
