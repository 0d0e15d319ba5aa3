// The dialog that is open. These come in a file of their own.

import type { ComponentType } from 'preact';
import type { DialogName } from '../app/state.ts';
import { DateDialog, DeleteDialog, HelpDialog } from './dialogs-talk.tsx';
import { PasswordDialog, RegisterDialog, SessionsDialog, SettingsDialog } from './dialogs-me.tsx';
import { InviteDialog } from './dialog-invite.tsx';
import { InvitedDialog } from './invited.tsx';
import { PersonDialog } from './dialog-person.tsx';
import { CloseRoomDialog, RoomDialog } from './dialog-room.tsx';
import { ProfileDialog } from './dialog-profile.tsx';
import { PasskeysDialog } from './dialog-passkeys.tsx';
import { TotpDialog } from './dialog-totp.tsx';
import { DirectDialog, RoomsDialog } from './dialogs-rooms.tsx';
import { AdminDialog } from './dialog-admin.tsx';
import { ModerationDialog } from './dialog-moderation.tsx';
import { ViewerDialog } from './viewer.tsx';
import { useClient } from './here.ts';

const dialogs: Partial<Record<DialogName, ComponentType>> = {
  rooms: RoomsDialog,
  direct: DirectDialog,
  room: RoomDialog,
  'close-room': CloseRoomDialog,
  person: PersonDialog,
  settings: SettingsDialog,
  sessions: SessionsDialog,
  password: PasswordDialog,
  totp: TotpDialog,
  passkeys: PasskeysDialog,
  profile: ProfileDialog,
  admin: AdminDialog,
  moderation: ModerationDialog,
  register: RegisterDialog,
  invite: InviteDialog,
  invited: InvitedDialog,
  date: DateDialog,
  help: HelpDialog,
  delete: DeleteDialog,
  picture: ViewerDialog,
};

export function Dialogs() {
  const { dialog } = useClient().state;
  const Shown = dialogs[dialog.value];
  return Shown ? <Shown key={dialog.value} /> : null;
}
