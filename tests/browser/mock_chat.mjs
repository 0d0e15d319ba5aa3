// The chat of the mock server: rooms as arrays of entries, users, sessions, and one small function
// for each request of doc/protocol.md.

import { randomBytes } from 'node:crypto';

const BROADCAST = { name: 'brusio', ip: '127.0.0.1' };
const LIMIT_MAX = 200;
const MESSAGE_BYTES = 8192;
const FILE_BYTES = 1 << 20;

const fold = (name) => name.normalize('NFKC').toLowerCase();
const secret = () => randomBytes(12).toString('hex');
const isName = (name) => /^(?![\p{Nd}-])[\p{L}\p{N}\p{M}_\-.[\]{}|^]{1,32}$/u.test(name ?? '');
const isRoom = (name) => /^#[\p{L}\p{N}\p{M}_\-.[\]{}|^]{1,48}$/u.test(name ?? '');

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class MockChat {
  epoch = secret();
  rooms = new Map();
  accounts = new Map();
  sessions = new Map();
  sends = new Map();
  // By id: what a file is, and the message that took it.
  files = new Map();
  connections = new Set();
  // Test hooks: drop the next acks as if the line broke before they left; refuse sends with a code.
  loseAcks = 0;
  refuseSends = '';
  refuseRegister = '';
  refuseToken = '';
  // The answer to GET /api/server.
  facts = { guests: true, registration: 'open', secure: true, tls: false };

  connect(send, close) {
    const connection = { send, close, user: null, joined: new Map() };
    this.connections.add(connection);
    return connection;
  }

  disconnect(connection) {
    if (!this.connections.delete(connection) || !connection.user) return;
    const { user } = connection;
    for (const room of connection.joined.values()) {
      if (!this.here(room, user)) {
        if (!user.account) room.members.delete(fold(user.name));
        this.event(room, { op: 'exit', name: user.name, message: `${user.name} left` }, connection);
      }
    }
  }

  dropAll() {
    this.connections.clear();
  }

  receive(connection, text) {
    let object;
    try {
      object = JSON.parse(text);
    } catch {
      connection.send({ op: 'error', code: 'bad_json', from: BROADCAST, message: 'This is not a JSON object.' });
      return connection.close();
    }
    try {
      const handler = handlers[object.op];
      if (!handler) throw new Refused('unknown_op', `There is no request "${object.op}".`);
      if (!connection.user && !['hello', 'ping', 'quit'].includes(object.op)) throw new Refused('need_hello', 'Say hello first.');
      handler.call(this, connection, object);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      connection.send({ op: 'error', id: object.id, code: error.code, room: object.room, from: BROADCAST, message: error.message });
    }
  }

  // --- rooms ---

  // Direct conversations are kept under both names; each side calls it by the other's.
  keyOf(user, name) {
    if (typeof name !== 'string') throw new Refused('bad_field', 'room is missing.');
    if (name.startsWith('@')) {
      if (!isName(name.slice(1))) throw new Refused('no_room', `There is no ${name}.`);
      return [fold(user.name), fold(name.slice(1))].sort().join(' ');
    }
    if (!isRoom(name)) throw new Refused('bad_name', `${name} is no name for a room.`);
    return fold(name);
  }

  nameFor(room, user) {
    return room.direct ? `@${room.direct.find((name) => fold(name) !== fold(user.name)) ?? user.name}` : room.name;
  }

  room(user, name, make) {
    const key = this.keyOf(user, name);
    if (!this.rooms.has(key)) {
      if (!make) throw new Refused('no_room', `There is no ${name}.`);
      const direct = name.startsWith('@') ? [user.name, this.knownName(name.slice(1))] : null;
      this.rooms.set(key, {
        name,
        direct,
        entries: [],
        topic: '',
        members: new Map(),
        bans: new Map(),
        mutes: new Map(),
        invited: new Map(),
        retention: 0,
        readOnly: false,
        topicLocked: false,
        isPrivate: false,
        reads: new Map(),
      });
    }
    return this.rooms.get(key);
  }

  knownName(name) {
    for (const { user } of this.connections) if (user && fold(user.name) === fold(name)) return user.name;
    const account = this.accounts.get(fold(name));
    if (account) return account.name;
    throw new Refused('no_room', `There is no user called ${name}.`);
  }

  membership(connection, name) {
    const room = this.room(connection.user, name, false);
    if (!room.direct && !room.members.has(fold(connection.user.name))) throw new Refused('not_member', `You are not in ${name}.`);
    return room;
  }

  here(room, user) {
    for (const other of this.connections) {
      if (other.user && fold(other.user.name) === fold(user.name) && [...other.joined.values()].includes(room)) return true;
    }
    return false;
  }

  // The messages of others behind `read`, and those of them that name or answer the user.
  unreadIn(room, { name }, read) {
    return room.entries.filter(({ op, seq, deleted, from }) => op === 'message' && seq > read && !deleted && fold(from.name) !== fold(name));
  }

  calledIn(room, user, read) {
    const mine = (seq) => fold(room.entries[seq - 1]?.from.name ?? '') === fold(user.name);
    const word = new RegExp(`(^|[^\\p{L}\\p{N}_])(@all|${user.name.replace(/[^\p{L}\p{N}_]/gu, '\\$&')})(?![\\p{L}\\p{N}_])`, 'iu');
    return this.unreadIn(room, user, read).filter(({ message, reply_to: to }) => room.direct || word.test(message) || (to && mine(to)));
  }

  // A room as `welcome` and `membership` show it to somebody.
  row(room, user) {
    const key = fold(user.name);
    const read = room.reads.get(key) ?? 0;
    return {
      room: this.nameFor(room, user),
      seq: room.entries.length,
      read,
      unread: this.unreadIn(room, user, read).length,
      mentions: this.calledIn(room, user, read).length,
      role: this.role(room, user),
      private: room.isPrivate,
      topic: room.topic,
      retention_days: room.retention,
      ...(room.readOnly ? { read_only: true } : {}),
      ...(room.topicLocked ? { topic_locked: true } : {}),
      ...(room.mutes.has(key) ? { muted: true } : {}),
    };
  }

  // Tells an account's other connections that it entered or left on one.
  tellMembership(connection, room, joined) {
    if (!connection.user.account) return;
    for (const other of this.connections) {
      if (other === connection || other.user !== connection.user) continue;
      const shown = joined ? this.row(room, other.user) : { room: this.nameFor(room, other.user) };
      if (!joined) other.joined.delete(fold(shown.room));
      other.send({ op: 'membership', joined, ...shown, from: BROADCAST, message: '' });
    }
  }

  role(room, user) {
    if (user.admin) return 'owner';
    return room.members.get(fold(user.name))?.role ?? 'member';
  }

  mustModerate(room, user) {
    if (!['owner', 'moderator'].includes(this.role(room, user))) throw new Refused('forbidden', 'Only moderators may do this.');
  }

  *followers(room) {
    for (const connection of this.connections) {
      if (!connection.user) continue;
      const isSide = room.direct?.some((name) => fold(name) === fold(connection.user.name));
      if (isSide || [...connection.joined.values()].includes(room)) yield connection;
    }
  }

  event(room, object, except = null) {
    for (const connection of this.followers(room)) {
      if (connection !== except) connection.send({ from: BROADCAST, ...object, room: this.nameFor(room, connection.user) });
    }
  }

  // Appends an entry once for each (user, device, id), shows it to the others, and acknowledges it.
  append(connection, object, room, entry) {
    const { user, device } = connection;
    const body = JSON.stringify([object.op, fold(object.room), object.message, object.target, object.emoji, object.on, object.reply_to, object.files]);
    const key = `${fold(user.name)}\n${device}\n${object.id}`;
    const before = this.sends.get(key);
    if (before && before.body !== body) throw new Refused('id_reused', 'This id was already used for something else.');
    if (!before) {
      entry.seq = room.entries.length + 1;
      entry.time = new Date(Date.now()).toISOString();
      entry.from = { name: user.name, ip: '127.0.0.1' };
      if (!user.account) entry.guest = true;
      room.entries.push(entry);
      if (object.id) this.sends.set(key, { body, seq: entry.seq, time: entry.time });
      entry.id = object.id;
      if (entry.op === 'message') room.reads.set(fold(user.name), entry.seq);
      this.show(room, entry, connection);
    }
    if (this.loseAcks > 0) {
      this.loseAcks--;
      return connection.close();
    }
    const { seq, time } = this.sends.get(key) ?? entry;
    connection.send({ op: 'ack', id: object.id, room: this.nameFor(room, user), seq, time });
  }

  show(room, entry, except) {
    for (const connection of this.followers(room)) {
      if (connection !== except) connection.send(wireFor(connection.user, entry, this.nameFor(room, connection.user)));
    }
  }

  // A message as it reads now.
  current(room, seq, user) {
    const entry = room.entries[seq - 1];
    const shown = wireFor(user, entry, this.nameFor(room, user));
    if (entry.edited) Object.assign(shown, { message: room.entries[entry.edited - 1].message, edited: entry.edited });
    if (entry.deleted) Object.assign(shown, { message: '', deleted: true });
    else if (entry.reactions?.size) {
      shown.reactions = [...entry.reactions].map(([emoji, names]) => ({ emoji, count: names.size, names: [...names] }));
    }
    return shown;
  }

  // Acts like POST /files; a later `send` names the file.
  upload(name, bytes, type) {
    const facts = { file: (this.files.size + 1).toString(16).padStart(32, '0'), name, bytes, type };
    this.files.set(facts.file, { facts, entry: '' });
    return facts;
  }

  takeFiles({ user, device }, { id, files }, entry) {
    const key = `${fold(user.name)}\n${device}\n${id}`;
    for (const file of files) {
      const known = this.files.get(file);
      if (!known || (known.entry && known.entry !== key)) throw new Refused('no_file', 'This file is not there.');
      known.entry = key;
    }
    entry.text = entry.message;
    entry.files = files.map((file) => ({ ...this.files.get(file).facts, url: `/f/${file}/key/name` }));
  }

  target(room, object) {
    const entry = room.entries[object.target - 1];
    if (entry?.op !== 'message' || entry.deleted) throw new Refused('no_message', 'There is no such message.');
    return entry;
  }
}

function wire(entry, room) {
  const shown = { op: entry.op, room, seq: entry.seq, time: entry.time, from: entry.from, message: entry.message ?? '' };
  for (const key of ['target', 'reply_to', 'action', 'emoji', 'on', 'topic', 'guest', 'text', 'files']) if (entry[key] !== undefined) shown[key] = entry[key];
  return shown;
}

function text(object) {
  if (typeof object.message !== 'string' || !object.message) throw new Refused('bad_field', 'message is missing.');
  if (Buffer.byteLength(object.message) > MESSAGE_BYTES) throw new Refused('too_large', 'The message is too long.');
  return object.message;
}

const handlers = {
  hello(connection, { id, name: asked, password, token, session, device = 'default' }) {
    // A token without a name is that of its account.
    const name = asked ?? [...this.accounts.values()].find(({ tokens }) => tokens.has(token))?.name;
    if (asked === undefined && name === undefined) throw new Refused('auth_failed', 'Name or password are wrong.');
    if (!isName(name)) throw new Refused('bad_name', `${name} is no name.`);
    const account = this.accounts.get(fold(name));
    const known = this.sessions.get(session);
    if (account) {
      const right = password === account.password || account.tokens.has(token) || known === account;
      if ((password !== undefined || token !== undefined) && !right) throw new Refused('auth_failed', 'Name or password are wrong.');
      if (!right) throw new Refused('auth_required', `${name} has an account: sign in with its password.`);
    } else if (password !== undefined || token !== undefined) {
      throw new Refused('auth_failed', 'Name or password are wrong.');
    }
    let user = account;
    for (const other of this.connections) {
      if (other === connection || !other.user || fold(other.user.name) !== fold(name)) continue;
      if (!account && known !== other.user) throw new Refused('name_taken', `${name} is taken.`);
      user = other.user;
      if (other.device === device) other.close();
    }
    user ??= known && fold(known.name) === fold(name) ? known : { name, account: false, admin: false };
    connection.user = user;
    connection.device = device;
    const newSession = secret();
    this.sessions.set(newSession, user);
    const rooms = [];
    for (const room of this.rooms.values()) {
      const isSide = room.direct?.some((side) => fold(side) === fold(name)) && room.entries.length > 0;
      if (isSide || (!room.direct && room.members.has(fold(name)))) rooms.push(this.row(room, user));
    }
    const invitations = [...this.rooms.values()].flatMap((room) => {
      const by = room.invited.get(fold(name));
      return by ? [{ room: room.name, by, time: new Date().toISOString() }] : [];
    });
    connection.send({
      op: 'welcome',
      id,
      user: { name: user.name, account: user.account, admin: user.admin },
      session: newSession,
      server: { name: 'mock', version: '0' },
      epoch: this.epoch,
      limits: { object_bytes: 65536, message_bytes: MESSAGE_BYTES, file_bytes: FILE_BYTES },
      rooms,
      invitations,
    });
  },

  register(connection, { id, password }) {
    const { user } = connection;
    if (user.account) throw new Refused('forbidden', 'You have an account.');
    if (this.refuseRegister) throw new Refused(this.refuseRegister, 'The test refuses this.');
    if ((password ?? '').length < 8) throw new Refused('bad_field', 'A password needs at least 8 characters.');
    Object.assign(user, { account: true, password, tokens: new Map() });
    this.accounts.set(fold(user.name), user);
    connection.send({ op: 'ok', id });
  },

  token(connection, { id, label, revoke }) {
    const { user } = connection;
    if (!user.account) throw new Refused('auth_required', 'Only accounts have tokens.');
    if (this.refuseToken && !revoke) throw new Refused(this.refuseToken, 'The test refuses this.');
    for (const [token, other] of user.tokens) if (other === label) user.tokens.delete(token);
    if (revoke) return connection.send({ op: 'ok', id });
    const token = secret();
    user.tokens.set(token, label);
    connection.send({ op: 'token', id, token });
  },

  passwd(connection, { id, old, new: next }) {
    const { user } = connection;
    if (!user.account || user.password !== old) throw new Refused('auth_failed', 'The password is wrong.');
    user.password = next;
    connection.send({ op: 'ok', id });
  },

  join(connection, { id, room: name, after, epoch }) {
    const { user } = connection;
    const room = this.room(user, name, true);
    const key = fold(user.name);
    if (room.bans.has(key)) throw new Refused('banned', `You are banned from ${name}.`);
    if (room.isPrivate && !room.members.has(key) && !room.invited.has(key)) throw new Refused('no_room', `There is no ${name}.`);
    const was = this.here(room, user);
    const isNew = !room.members.has(key);
    room.invited.delete(key);
    if (!room.members.has(key)) room.members.set(key, { name: user.name, role: room.members.size || room.direct ? 'member' : 'owner' });
    const shown = this.nameFor(room, user);
    connection.joined.set(fold(shown), room);
    const reset = after !== undefined && epoch !== undefined && epoch !== this.epoch;
    const count = [...room.members.values()].length;
    connection.send({ op: 'joined', id, room: shown, seq: room.entries.length, topic: room.topic, count, ...(room.isPrivate ? { private: true } : {}), ...(reset ? { reset: true } : {}) });
    if (after !== undefined && !reset) for (const entry of room.entries.slice(after)) connection.send(wireFor(user, redacted(room, entry), shown));
    if (isNew) this.tellMembership(connection, room, true);
    if (!was && !room.direct) this.event(room, { op: 'enter', name: user.name, message: `${user.name} joined` }, connection);
  },

  leave(connection, { id, room: name }) {
    const room = this.membership(connection, name);
    const { user } = connection;
    connection.joined.delete(fold(name));
    room.members.delete(fold(user.name));
    connection.send({ op: 'ok', id });
    this.tellMembership(connection, room, false);
    if (!room.direct) this.event(room, { op: 'exit', name: user.name, message: `${user.name} left` }, connection);
  },

  send(connection, object) {
    if (this.refuseSends) throw new Refused(this.refuseSends, 'The test refuses this.');
    const room = this.membership(connection, object.room);
    if (room.mutes.has(fold(connection.user.name))) throw new Refused('muted', `You are muted in ${object.room}.`);
    const entry = { op: 'message', message: object.files && !object.message ? '' : text(object) };
    if (object.files) this.takeFiles(connection, object, entry);
    if (object.reply_to) entry.reply_to = object.reply_to;
    if (object.action) entry.action = true;
    this.append(connection, object, room, entry);
  },

  edit(connection, object) {
    const room = this.membership(connection, object.room);
    const target = this.target(room, object);
    if (fold(target.from.name) !== fold(connection.user.name)) throw new Refused('forbidden', 'This is not your message.');
    const entry = { op: 'edit', target: object.target, message: text(object) };
    this.append(connection, object, room, entry);
    if (entry.seq) target.edited = entry.seq;
  },

  delete(connection, object) {
    const room = this.membership(connection, object.room);
    const again = this.sends.has(`${fold(connection.user.name)}\n${connection.device}\n${object.id}`);
    if (!again) {
      const target = this.target(room, object);
      if (fold(target.from.name) !== fold(connection.user.name)) this.mustModerate(room, connection.user);
      target.deleted = true;
    }
    this.append(connection, object, room, { op: 'delete', target: object.target });
  },

  react(connection, object) {
    const room = this.membership(connection, object.room);
    const target = this.target(room, object);
    target.reactions ??= new Map();
    const names = target.reactions.get(object.emoji) ?? new Set();
    if (object.on) names.add(connection.user.name);
    else names.delete(connection.user.name);
    if (names.size) target.reactions.set(object.emoji, names);
    else target.reactions.delete(object.emoji);
    this.append(connection, object, room, { op: 'react', target: object.target, emoji: object.emoji, on: object.on });
  },

  topic(connection, object) {
    const room = this.membership(connection, object.room);
    room.topic = object.topic ?? '';
    this.append(connection, object, room, { op: 'topic', topic: room.topic, message: `topic: ${room.topic}` });
  },

  history(connection, { id, room: name, before, after, around, limit = 50 }) {
    const room = this.membership(connection, name);
    const most = Math.min(limit, LIMIT_MAX);
    const { user } = connection;
    const { entries } = room;
    const found = [];
    const isMessage = (seq) => entries[seq - 1].op === 'message';
    const down = (from, count) => {
      const list = [];
      let seq = from;
      for (; seq >= 1 && list.length < count; seq--) if (isMessage(seq)) list.unshift(seq);
      while (seq >= 1 && !isMessage(seq)) seq--;
      return { list, more: seq >= 1 };
    };
    const up = (from, count) => {
      const list = [];
      let seq = from;
      for (; seq <= entries.length && list.length < count; seq++) if (isMessage(seq)) list.push(seq);
      while (seq <= entries.length && !isMessage(seq)) seq++;
      return { list, more: seq <= entries.length };
    };
    let more;
    if (after !== undefined) {
      const page = up(after + 1, most);
      found.push(...page.list);
      more = page.more;
    } else if (around !== undefined) {
      const below = down(Math.min(around, entries.length), Math.ceil(most / 2));
      found.push(...below.list, ...up(around + 1, most - below.list.length).list);
      more = below.more;
    } else {
      const page = down(Math.min((before ?? Infinity) - 1, entries.length), most);
      found.push(...page.list);
      more = page.more;
    }
    const messages = found.map((seq) => this.current(room, seq, user));
    connection.send({ op: 'history', id, room: this.nameFor(room, user), messages, more });
  },

  search(connection, { id, query = '', room: name, from, before = 0, limit = 50 }) {
    const { user } = connection;
    const plain = (words) => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    const words = plain(query).split(/\s+/).filter(Boolean);
    const found = [];
    for (const room of this.rooms.values()) {
      const mine = room.direct ? room.direct.some((side) => fold(side) === fold(user.name)) : room.members.has(fold(user.name));
      if (!mine || (name && room !== this.room(user, name, false))) continue;
      for (const { op, seq } of room.entries) {
        if (op !== 'message') continue;
        const message = this.current(room, seq, user);
        if (message.deleted || (from && fold(from) !== fold(message.from.name))) continue;
        if (words.every((word) => plain(message.message).includes(word))) found.push(message);
      }
    }
    found.sort((a, b) => b.time.localeCompare(a.time) || b.seq - a.seq);
    // `before` continues a search: here the number of results already shown.
    const messages = found.slice(before, before + limit);
    const more = found.length > before + limit;
    connection.send({ op: 'results', id, messages, more, ...(more ? { next: before + limit } : {}) });
  },

  mentions(connection, { id, limit = 50 }) {
    const { user } = connection;
    const mine = [...this.rooms.values()].filter((room) => !room.direct && room.members.has(fold(user.name)));
    const called = mine.flatMap((room) => this.calledIn(room, user, 0).map(({ seq }) => this.current(room, seq, user)));
    called.sort((a, b) => b.time.localeCompare(a.time) || b.seq - a.seq);
    const mentions = called.slice(0, limit).map(({ room, seq, from, time, message }) => ({ room, seq, name: from.name, time, message }));
    connection.send({ op: 'mentions', id, mentions });
  },

  rooms(connection, { id }) {
    const rooms = [];
    for (const room of this.rooms.values()) {
      if (room.direct || (room.isPrivate && !room.members.has(fold(connection.user.name)))) continue;
      rooms.push({ room: room.name, topic: room.topic, count: room.members.size, seq: room.entries.length });
    }
    connection.send({ op: 'rooms', id, rooms });
  },

  who(connection, { id, room: name }) {
    const room = this.membership(connection, name);
    const members = [...room.members.values()].map(({ name: who, role }) => {
      const user = [...this.connections].find((other) => other.user && fold(other.user.name) === fold(who))?.user;
      const account = this.accounts.get(fold(who));
      const { display, picture } = account?.profile ?? {};
      const said = account && { read: room.reads.get(fold(who)) ?? 0, ...(display ? { display } : {}), ...(picture ? { picture } : {}) };
      return { name: who, role, online: user !== undefined, ...said, ...(this.accounts.has(fold(who)) ? {} : { guest: true }), ...(user?.away ? { away: user.away } : {}) };
    });
    connection.send({ op: 'who', id, room: name, members });
  },

  nick(connection, { id, name }) {
    const { user } = connection;
    if (!isName(name)) throw new Refused('bad_name', `${name} is no name.`);
    for (const other of this.connections) {
      if (other.user && other.user !== user && fold(other.user.name) === fold(name)) throw new Refused('name_taken', `${name} is taken.`);
    }
    const old = user.name;
    for (const room of this.rooms.values()) {
      const member = room.members.get(fold(old));
      if (!member) continue;
      room.members.delete(fold(old));
      room.members.set(fold(name), { ...member, name });
      this.event(room, { op: 'nick', name: old, new: name, message: `${old} is now called ${name}` }, connection);
    }
    user.name = name;
    if (user.account && this.accounts.delete(fold(old))) this.accounts.set(fold(name), user);
    connection.send({ op: 'ok', id });
  },

  read(connection, { id, room: name, seq, back }) {
    const room = this.membership(connection, name);
    const key = fold(connection.user.name);
    room.reads.set(key, back ? seq : Math.max(seq, room.reads.get(key) ?? 0));
    connection.send({ op: 'ok', id });
    for (const other of this.connections) {
      const seen = { room: name, name: connection.user.name, seq };
      if (connection.user.account && other.user !== connection.user && other.followsPeople && room.members.has(fold(other.user.name))) other.send({ op: 'seen', seen, from: BROADCAST, message: '' });
      if (other !== connection && other.user === connection.user) other.send({ op: 'read', room: this.nameFor(room, other.user), seq });
    }
  },

  block(connection, { id }) {
    connection.send({ op: 'ok', id });
  },

  away(connection, { id, message }) {
    connection.user.away = message;
    connection.send({ op: 'ok', id });
    for (const room of connection.joined.values()) {
      const said = message ? `${connection.user.name} is away: ${message}` : `${connection.user.name} is back`;
      this.event(room, { op: 'away', name: connection.user.name, away: message, message: said }, connection);
    }
  },

  typing(connection, { room: name, on }) {
    const room = this.membership(connection, name);
    this.event(room, { op: 'typing', name: connection.user.name, on, message: `${connection.user.name} is typing` }, connection);
  },

  bans(connection, { id, room: name }) {
    const room = this.membership(connection, name);
    this.mustModerate(room, connection.user);
    const list = (kind, map) => [...map.values()].map((sanction) => ({ kind, ...sanction }));
    connection.send({ op: 'bans', id, bans: [...list('ban', room.bans), ...list('mute', room.mutes)] });
  },

  close(connection, { id, room: name }) {
    const room = this.membership(connection, name);
    if (this.role(room, connection.user) !== 'owner') throw new Refused('forbidden', 'Only owners may do this.');
    connection.send({ op: 'ok', id });
    this.event(room, { op: 'close', message: `${name} was removed` }, connection);
    this.rooms.delete(fold(name));
    for (const other of this.connections) other.joined.delete(fold(name));
  },

  sessions(connection, { id, end }) {
    const mine = [...this.connections].filter((other) => other.user === connection.user);
    const key = (other) => String([...this.connections].indexOf(other));
    if (end === undefined) {
      const sessions = mine.map((other) => ({ key: key(other), device: other.device, address: '127.0.0.1', current: other === connection }));
      return connection.send({ op: 'sessions', id, sessions });
    }
    for (const other of mine) {
      if (other === connection || (end !== 'others' && end !== 'all' && key(other) !== end)) continue;
      other.send({ op: 'notice', code: 'revoked', from: BROADCAST, message: 'This device was signed out.' });
      other.close();
    }
    connection.send({ op: 'ok', id });
  },

  profile(connection, { id, name, set }) {
    const { user } = connection;
    if (set && !user.account) throw new Refused('auth_required', 'Profiles are kept for accounts.');
    if (set) user.profile = { ...user.profile, ...set };
    connection.followsPeople = true;
    const who = name ? this.accounts.get(fold(name)) ?? { name, account: false } : user;
    const profile = { name: who.name, online: true, guest: !who.account, ...who.profile };
    connection.send({ op: 'profile', id, profile });
    for (const other of set ? this.connections : []) {
      if (other !== connection && other.followsPeople) other.send({ op: 'profile', profile, from: BROADCAST, message: '' });
    }
  },

  settings(connection, { id, set }) {
    const { user } = connection;
    if (!user.account) throw new Refused('auth_required', 'Settings are kept for accounts.');
    if (!set) {
      connection.follows = true;
      return connection.send({ op: 'settings', id, settings: user.settings ?? {} });
    }
    const next = Object.entries({ ...user.settings, ...set }).filter(([, value]) => value);
    if (next.length > 256) throw new Refused('limit', 'An account keeps at most 256 settings.');
    user.settings = Object.fromEntries(next);
    connection.send({ op: 'settings', id, settings: set });
    for (const other of this.connections) {
      if (other === connection || other.user !== user || !other.follows) continue;
      other.send({ op: 'settings', settings: set, from: BROADCAST, message: 'You changed settings on another device.' });
    }
  },

  ping(connection, { id }) {
    connection.send({ op: 'pong', id });
  },

  quit(connection) {
    connection.send({ op: 'bye' });
    connection.close();
  },

  invite(connection, { id, room: name, name: who }) {
    const room = this.membership(connection, name);
    this.mustModerate(room, connection.user);
    const by = connection.user.name;
    room.invited.set(fold(who), by);
    connection.send({ op: 'ok', id });
    for (const other of this.connections) {
      if (!other.user || fold(other.user.name) !== fold(who)) continue;
      const time = new Date().toISOString();
      other.send({ op: 'notice', code: 'invited', room: room.name, by, time, from: BROADCAST, message: `${by} invites you to ${name}` });
    }
  },

  set(connection, { id, room: name, private: isPrivate, retention_days: days, read_only: readOnly, topic_locked: topicLocked }) {
    const room = this.membership(connection, name);
    if (this.role(room, connection.user) !== 'owner') throw new Refused('forbidden', 'Only owners may do this.');
    if (isPrivate !== undefined) room.isPrivate = isPrivate;
    if (days !== undefined) room.retention = days;
    if (readOnly !== undefined) room.readOnly = readOnly;
    if (topicLocked !== undefined) room.topicLocked = topicLocked;
    connection.send({ op: 'ok', id });
    const now = { private: room.isPrivate, retention_days: room.retention, read_only: room.readOnly, topic_locked: room.topicLocked };
    this.event(room, { op: 'set', ...now, message: `${name} was changed` }, connection);
  },

  role(connection, { id, room: name, name: who, role }) {
    const room = this.membership(connection, name);
    if (this.role(room, connection.user) !== 'owner') throw new Refused('forbidden', 'Only owners may do this.');
    const member = room.members.get(fold(who));
    if (!member) throw new Refused('not_member', `${who} is not in ${name}.`);
    member.role = role;
    connection.send({ op: 'ok', id });
    this.event(room, { op: 'role', name: who, role, message: `${who} is ${role} now` });
  },
};

// One's own entries carry the id under which they were sent.
function wireFor(user, entry, room) {
  const shown = wire(entry, room);
  return entry.id && fold(entry.from.name) === fold(user.name) ? { ...shown, id: entry.id } : shown;
}

// A replay never brings back a text that was deleted.
function redacted(room, entry) {
  const target = entry.op === 'edit' ? room.entries[entry.target - 1] : entry;
  return target.deleted ? { ...entry, message: '', ...(entry.op === 'message' ? { deleted: true } : {}) } : entry;
}

function moderation(op, act) {
  return function handle(connection, { id, room: name, name: who, reason }) {
    const room = this.membership(connection, name);
    this.mustModerate(room, connection.user);
    const said = `${connection.user.name}: ${op} ${who}${reason ? ` (${reason})` : ''}`;
    this.event(room, { op, name: who, by: connection.user.name, reason, message: said });
    act.call(this, room, fold(who), { name: who, by: connection.user.name, reason, time: new Date().toISOString() });
    connection.send({ op: 'ok', id });
  };
}

function throwOut(room, who) {
  room.members.delete(who);
  for (const connection of this.connections) {
    if (connection.user && fold(connection.user.name) === who) connection.joined.delete(fold(room.name));
  }
}

handlers.unblock = handlers.block;
handlers.kick = moderation('kick', throwOut);
handlers.ban = moderation('ban', function ban(room, who, sanction) {
  room.bans.set(who, sanction);
  throwOut.call(this, room, who);
});
handlers.unban = moderation('unban', (room, who) => room.bans.delete(who));
handlers.mute = moderation('mute', (room, who, sanction) => room.mutes.set(who, sanction));
handlers.unmute = moderation('unmute', (room, who) => room.mutes.delete(who));
