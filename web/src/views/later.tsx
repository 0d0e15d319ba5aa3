// What comes in one file of its own, when the page stands: all that one does not write or read with.

export { Dialogs } from './dialogs.tsx';
export { EmojiPicker } from './emoji-picker.tsx';
export { FormatBar } from './format-bar.tsx';
export { MessageMenu } from './message-menu.tsx';
export { Panels } from './panels.tsx';
