// The parts of app/ that come in a file of their own once the page stands: commands, and what files need.

export { upload } from '../net/upload.ts';
export { AccountSettings } from './account-settings.ts';
export { play, show } from './alert.ts';
export { Actions, commands } from './actions.ts';
export { carryOrphans } from './orphans.ts';
export { forgetPush } from './pushing.ts';
export { moveKept, renameTalk } from './rename.ts';
export { Uploads } from './uploads.ts';
