// The part of the mock that the unit tests of web/ use.

export interface MockConnection {
  user: { name: string; account: boolean } | null;
}

export class MockChat {
  epoch: string;
  loseAcks: number;
  refuseSends: string;
  refuseRegister: string;
  refuseToken: string;
  facts: Record<string, unknown>;
  accounts: Map<string, { settings?: Record<string, string> }>;
  connections: Set<MockConnection>;
  rooms: Map<string, { isPrivate: boolean; members: Map<string, unknown>; entries: { op: string; message?: string; files?: { name: string }[] }[] }>;
  files: Map<string, { facts: { name: string }; entry: string }>;
  upload(name: string, bytes: number, type: string): { file: string; name: string; bytes: number; type: string };
  connect(send: (object: Record<string, unknown>) => void, close: () => void): MockConnection;
  disconnect(connection: MockConnection): void;
  receive(connection: MockConnection, text: string): void;
}
