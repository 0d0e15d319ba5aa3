// The dialog that is open, if any.

import type { ComponentType } from 'preact';
import { dialog } from '../app/state.ts';
import type { DialogName } from '../app/state.ts';
import { DateDialog, DeleteDialog, EmojiDialog, HelpDialog } from './dialogs-talk.tsx';
import { PasswordDialog, RegisterDialog, SettingsDialog } from './dialogs-me.tsx';
import { DirectDialog, PersonDialog, RoomDialog, RoomsDialog, SwitcherDialog } from './dialogs-rooms.tsx';

const dialogs: Partial<Record<DialogName, ComponentType>> = {
  rooms: RoomsDialog,
  direct: DirectDialog,
  room: RoomDialog,
  person: PersonDialog,
  switcher: SwitcherDialog,
  settings: SettingsDialog,
  password: PasswordDialog,
  register: RegisterDialog,
  date: DateDialog,
  help: HelpDialog,
  delete: DeleteDialog,
  emoji: EmojiDialog,
};

export function Dialogs() {
  const Shown = dialogs[dialog.value];
  return Shown ? <Shown key={dialog.value} /> : null;
}
