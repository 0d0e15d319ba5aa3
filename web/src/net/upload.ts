// One file on its way to the server. XMLHttpRequest tells how much has gone, which fetch does not.
//
// A small file goes in one request. A larger one goes by tus 1.0.0, in pieces: where it breaks off, the next try asks how
// much is there and goes on from it, also after a reload.

import { Refusal } from '../model/protocol.ts';
import type { FileFacts } from '../model/protocol.ts';

export interface UploadRequest {
  name: string;
  blob: Blob;
  // The server's address of an earlier try's half; '' before the first.
  half: string;
  secret: string;
  language: string;
  // Called with the share that has gone, from 0 to 1.
  progress(part: number): void;
  // The half is there from now on; '': it is gone.
  keep(half: string): Promise<void>;
  signal: AbortSignal;
}

// A line that dies may never say so: nothing gone and no answer for so long, and the upload breaks off.
const SILENCE_MS = 90_000;
const SMALL_BYTES = 1 << 20;
const PIECE_BYTES = 8 << 20;
// The server ends the line that was there before, which takes a moment.
const LOCKED_MS = 1_000;
const LOCKED_TRIES = 5;

// Ends with the server's facts, or those of them that it told; or with a Refusal: `offline` where no answer came, `aborted`
// after the signal.
export type Upload = (request: UploadRequest) => Promise<Partial<FileFacts> & { file: string }>;

function answerOf(text: string): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(text);
    return answer && typeof answer === 'object' ? (answer as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

// Another line has more of the file than this one knew, or holds it: the next try asks how much is there.
const RESUMES = [409, 423];

// A proxy on the way says in its status alone what it does not want.
function codeOf(status: number): string {
  if (status === 413) return 'too_large';
  return status >= 500 ? 'busy' : 'forbidden';
}

function refusalOf(answer: XMLHttpRequest): Refusal {
  const { code, message } = answerOf(answer.responseText);
  if (RESUMES.includes(answer.status)) return new Refusal('busy', String(message ?? ''));
  return new Refusal(String(code ?? codeOf(answer.status)), String(message ?? `HTTP ${answer.status}`));
}

function ask(
  { secret, language, signal }: UploadRequest,
  method: string,
  path: string,
  fields: Record<string, string>,
  body: Blob | null = null,
  moved: (bytes: number) => void = () => undefined,
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MS);
    };
    const end = (code: string) => reject(new Refusal(code, ''));
    const stop = () => request.abort();
    request.open(method, path);
    for (const [name, value] of Object.entries({ Authorization: `Bearer ${secret}`, 'Accept-Language': language, ...fields })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded }) => {
      heard();
      moved(loaded);
    };
    request.onerror = () => end('offline');
    request.onabort = () => end(signal.aborted ? 'aborted' : 'offline');
    request.onloadend = () => {
      clearTimeout(silence);
      signal.removeEventListener('abort', stop);
    };
    request.onload = () => resolve(request);
    signal.addEventListener('abort', stop);
    if (signal.aborted) return end('aborted');
    heard();
    request.send(body);
  });
}

async function sendWhole(request: UploadRequest): Promise<FileFacts> {
  const { name, blob, progress } = request;
  const type = { 'Content-Type': 'application/octet-stream' };
  const moved = (bytes: number) => progress(blob.size ? bytes / blob.size : 0);
  const answer = await ask(request, 'POST', `/files?name=${encodeURIComponent(name)}`, type, blob, moved);
  const facts = answerOf(answer.responseText);
  if (answer.status !== 201 || typeof facts.file !== 'string') throw refusalOf(answer);
  return facts as unknown as FileFacts;
}

// --- in pieces ---

const TUS = { 'Tus-Resumable': '1.0.0' };

// How much of it is there; -1: nothing is known of it any more.
async function offsetOf(request: UploadRequest): Promise<number> {
  for (let tries = 1; ; tries++) {
    const answer = await ask(request, 'HEAD', request.half, TUS);
    const { status } = answer;
    if (status === 200) return Number(answer.getResponseHeader('Upload-Offset'));
    if (status === 404 || status === 410) return -1;
    if (status !== 423 || tries === LOCKED_TRIES) throw refusalOf(answer);
    await new Promise((resolve) => setTimeout(resolve, LOCKED_MS));
  }
}

async function create(request: UploadRequest): Promise<string> {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(request.name)));
  const fields = { ...TUS, 'Upload-Length': String(request.blob.size), 'Upload-Metadata': `filename ${name}` };
  const answer = await ask(request, 'POST', '/files', fields);
  const path = answer.status === 201 && answer.getResponseHeader('Location');
  if (!path) throw refusalOf(answer);
  return path;
}

async function sendPiece(request: UploadRequest, path: string, offset: number): Promise<number> {
  const { blob, progress } = request;
  const fields = { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' };
  const moved = (bytes: number) => progress((offset + bytes) / blob.size);
  const answer = await ask(request, 'PATCH', path, fields, blob.slice(offset, offset + PIECE_BYTES), moved);
  if (answer.status === 204) return Number(answer.getResponseHeader('Upload-Offset'));
  // The next try begins anew.
  if (answer.status === 404 || answer.status === 410) {
    await request.keep('');
    throw new Refusal('busy', '');
  }
  throw refusalOf(answer);
}

export const upload: Upload = async (request) => {
  const { blob, half, keep, progress } = request;
  if (!half && blob.size <= SMALL_BYTES) return sendWhole(request);
  let path = half;
  let offset = half ? await offsetOf(request) : -1;
  if (offset < 0) {
    path = await create(request);
    await keep(path);
    offset = 0;
  }
  progress(offset / blob.size);
  while (offset < blob.size) offset = await sendPiece(request, path, offset);
  return { file: path.slice(path.lastIndexOf('/') + 1) };
};

// Drops the half on the server, which would otherwise keep it until it expires.
export async function giveUp(half: string, secret: string): Promise<void> {
  await fetch(half, { method: 'DELETE', headers: { ...TUS, Authorization: `Bearer ${secret}` } }).catch(() => undefined);
}
