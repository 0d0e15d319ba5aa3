// One file on its way to the server. XMLHttpRequest tells how much has gone, which fetch does not.

import { Refusal } from '../model/protocol.ts';
import type { FileFacts } from '../model/protocol.ts';

export interface UploadRequest {
  name: string;
  blob: Blob;
  secret: string;
  language: string;
  // Called with the share that has gone, from 0 to 1.
  progress(part: number): void;
  signal: AbortSignal;
}

// A line that dies may never say so: nothing gone and no answer for so long, and the upload breaks off.
const SILENCE_MS = 90_000;

// Ends with the server's facts, or with a Refusal: `offline` where no answer came, `aborted` after the signal.
export type Upload = (request: UploadRequest) => Promise<FileFacts>;

function answerOf(text: string): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(text);
    return answer && typeof answer === 'object' ? (answer as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

// A proxy on the way says in its status alone what it does not want.
function codeOf(status: number): string {
  if (status === 413) return 'too_large';
  return status >= 500 ? 'busy' : 'forbidden';
}

export const upload: Upload = ({ name, blob, secret, language, progress, signal }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MS);
    };
    const end = (code: string, text = '') => reject(new Refusal(code, text));
    request.open('POST', `/files?name=${encodeURIComponent(name)}`);
    request.setRequestHeader('Authorization', `Bearer ${secret}`);
    request.setRequestHeader('Accept-Language', language);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => {
      heard();
      progress(total ? loaded / total : 0);
    };
    request.onerror = () => end('offline');
    request.onabort = () => end(signal.aborted ? 'aborted' : 'offline');
    request.onloadend = () => clearTimeout(silence);
    request.onload = () => {
      const answer = answerOf(request.responseText);
      if (request.status === 201 && typeof answer.file === 'string') resolve(answer as unknown as FileFacts);
      else end(String(answer.code ?? codeOf(request.status)), String(answer.message ?? `HTTP ${request.status}`));
    };
    signal.addEventListener('abort', () => request.abort());
    if (signal.aborted) return end('aborted');
    heard();
    request.send(blob);
  });
