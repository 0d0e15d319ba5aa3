// The parts of app/ that come in a file of their own once the page stands: commands, and what files need.

export { upload } from '../net/upload.ts';
export { Actions, commands } from './actions.ts';
export { carryOrphans } from './orphans.ts';
export { Uploads } from './uploads.ts';
