// The client: its parts, each made once and given to those that need it.

import type { Database } from '../net/database.ts';
import type { Tabs } from '../net/tabs.ts';
import { fold } from '../model/names.ts';
import type { AccountSettings } from './account-settings.ts';
import { Announcer } from './announce.ts';
import { Commands } from './commands.ts';
import type { Environment } from './environment.ts';
import { Incoming } from './incoming.ts';
import { Drafts, Keeping } from './keeping.ts';
import { Line } from './line.ts';
import { Notifier } from './notify.ts';
import { Pages } from './pages.ts';
import { Places } from './places.ts';
import { Preferences } from './preferences.ts';
import { Reading } from './reading.ts';
import { Refresh } from './refresh.ts';
import { Rooms } from './rooms.ts';
import { Saved } from './saved.ts';
import { Sending } from './sending.ts';
import { Session } from './session.ts';
import { SignInStore } from './sign-in-store.ts';
import { State } from './state.ts';
import type { Uploads } from './uploads.ts';

export class Client {
  readonly environment: Environment;
  readonly state: State;
  readonly preferences: Preferences;
  readonly line = new Line();
  readonly keeping: Keeping;
  readonly drafts: Drafts;
  readonly saved: Saved;
  readonly store: SignInStore;
  readonly announcer: Announcer;
  readonly refresh: Refresh;
  readonly pages: Pages;
  readonly rooms: Rooms;
  readonly sending: Sending;
  readonly reading: Reading;
  readonly notifier: Notifier;
  readonly incoming: Incoming;
  readonly session: Session;
  readonly commands: Commands;
  readonly places: Places;
  private madeUploads: Uploads | null = null;
  private madeSettings: AccountSettings | null = null;

  constructor(environment: Environment, database: Database, tabs: Tabs) {
    const { page, local, tab, bar } = environment;
    this.environment = environment;
    const state = (this.state = new State(page.narrow));
    const { line } = this;
    const user = () => fold(state.me.value.name);
    const preferences = (this.preferences = new Preferences(state, local));
    const keeping = (this.keeping = new Keeping(database, state));
    const drafts = (this.drafts = new Drafts(local, () => tabs.device(), user));
    this.saved = new Saved(state, preferences);
    const store = (this.store = new SignInStore(local, tab, user));
    const announcer = (this.announcer = new Announcer(state));
    const refresh = (this.refresh = new Refresh(page, (room) => this.reading.look(room)));
    const sending = (this.sending = new Sending({
      state,
      line,
      refresh,
      keeping,
      device: () => tabs.device(),
      upload: () => void this.uploads().then((uploads) => uploads.run(), () => undefined),
      learnLinks: (room, seq) => void this.uploads().then((uploads) => uploads.learnLinks(room, seq), () => undefined),
    }));
    const flyingIn = (room: string) => sending.outbox.flyingIn(room);
    const pages = (this.pages = new Pages({ state, line, refresh, keeping, flyingIn }));
    const rooms = (this.rooms = new Rooms({
      state,
      line,
      pages,
      refresh,
      keeping,
      store,
      applied: (room, entry) => this.incoming.applied(room, entry),
    }));
    const reading = (this.reading = new Reading({ state, line, keeping, rooms, page }));
    const notifier = (this.notifier = new Notifier({ state, rooms, preferences, page }));
    const session = (this.session = new Session({
      environment,
      tabs,
      state,
      line,
      rooms,
      pages,
      sending,
      keeping,
      drafts,
      preferences,
      store,
      announcer,
      incoming: () => this.incoming,
      uploads: () => this.uploads(),
      settings: () => this.settings(),
    }));
    this.incoming = new Incoming({
      state,
      rooms,
      pages,
      sending,
      reading,
      refresh,
      keeping,
      notifier,
      announcer,
      ended: (code, text) => session.ended(code, text),
      renamed: (name) => void session.renamed(name),
      renamedTalk: (before, after) => import('./later.ts').then(({ renameTalk }) => renameTalk(this, before, after)).catch(() => undefined),
      settings: () => this.settings(),
    });
    this.commands = new Commands({ state, line, rooms, pages, sending, session, incoming: this.incoming });
    this.places = new Places({ state, bar, visit: ({ room, seq }) => void rooms.visit(room, seq) });
    page.onLeave(() => keeping.saveAllNow());
    page.onReturn(() => {
      const room = state.active.value;
      if (!room) return;
      reading.look(room);
      refresh.touch(room);
    });
  }

  // Comes in a file of its own with the first file that is sent; asked for again after a failure.
  async uploads(): Promise<Uploads> {
    const { Uploads } = await import('./later.ts');
    return (this.madeUploads ??= new Uploads({ ...this, secret: () => this.session.secret }));
  }

  async settings(): Promise<AccountSettings> {
    const { AccountSettings } = await import('./later.ts');
    return (this.madeSettings ??= new AccountSettings({ ...this, storage: this.environment.local, user: () => this.keeping.user }));
  }

  async start(): Promise<void> {
    this.places.start();
    await this.session.start();
  }
}

export async function openClient(environment: Environment): Promise<Client> {
  const events = {
    deviceChanged: () => client?.session.deviceChanged(),
    signedOut: () => client?.session.leave(),
  };
  let client: Client | undefined;
  const [database, tabs] = await Promise.all([environment.openDatabase(), environment.openTabs(events)]);
  client = new Client(environment, database, tabs);
  return client;
}
