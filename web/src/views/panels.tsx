// The panel at the right of the conversation, if any. These views come in a file of their own.

import { Edits } from './edits.tsx';
import { Mentions } from './mentions.tsx';
import { People } from './people.tsx';
import { Pins } from './pins.tsx';
import { RoomFiles } from './room-files.tsx';
import { SavedMessages } from './saved.tsx';
import { Search } from './search.tsx';
import { Thread } from './thread.tsx';
import { useClient } from './here.ts';

export function Panels() {
  const { state } = useClient();
  const room = state.active.value;
  if (!room) return null;
  switch (state.panel.value) {
    case 'people':
      return <People room={room} />;
    case 'search':
      return <Search room={room} />;
    case 'mentions':
      return <Mentions />;
    case 'files':
      return <RoomFiles key={room.name} room={room} />;
    case 'pins':
      return <Pins key={room.name} room={room} />;
    case 'edits':
      return <Edits key={`${room.name} ${state.thread.value}`} room={room} seq={state.thread.value} />;
    case 'saved':
      return <SavedMessages />;
    case 'thread':
      return <Thread key={`${room.name} ${state.thread.value}`} room={room} root={state.thread.value} />;
    case 'none':
      return null;
  }
}
