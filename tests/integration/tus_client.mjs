// Sends what standard input has to URL with the SECRET, by tus-js-client, and says how it went. A second upload is given up.

import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { Upload } = require('tus-js-client');
const [, , endpoint, secret] = process.argv;
const content = await buffer(process.stdin);
const headers = { Authorization: `Bearer ${secret}` };
let retries = 0;

function send(bytes, options = {}) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint,
      headers,
      metadata: { filename: 'by tus.bin' },
      retryDelays: [0, 200, 500, 1000, 2000, 3000],
      onShouldRetry: () => Boolean(++retries),
      onError: reject,
      onSuccess: () => resolve(upload),
      ...options,
    });
    upload.start();
  });
}

const upload = await send(content);
// Paused in the middle, and ended for good.
const url = await new Promise((resolve, reject) => {
  const second = new Upload(content, {
    endpoint,
    headers,
    chunkSize: 100_000,
    onError: reject,
    onChunkComplete: () => void second.abort(true).then(() => resolve(second.url), reject),
  });
  second.start();
});
const left = await fetch(url, { method: 'HEAD', headers: { ...headers, 'Tus-Resumable': '1.0.0' } });
console.log(JSON.stringify({ url: upload.url, retries, terminated: left.status }));
