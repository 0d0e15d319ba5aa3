// The views that come in a file of their own once the page stands: all that reading and writing do not need.

export { Attach, Attached } from './attach.tsx';
export { CompletionList, completeIn } from './completion.tsx';
export { Dialogs } from './dialogs.tsx';
export { EmojiPicker } from './emoji-picker.tsx';
export { Files } from './files.tsx';
export { continued, formatKeys, formatted } from '../model/format.ts';
export { FormatBar } from './format-bar.tsx';
export { Insecure } from './insecure.tsx';
export { Invited } from './invited.tsx';
export { MessageMenu } from './message-menu.tsx';
export { Panels } from './panels.tsx';
export { SeenBy } from './seen-by.tsx';
export { lookForComing } from './coming.ts';
