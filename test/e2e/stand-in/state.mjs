import { EventEmitter } from 'node:events';

/** What main did, for the test to look at, and what the person of the test will answer. */
export const state = {
  schemes: [],
  privileges: [],
  handlers: new Map(),
  ipc: new Map(),
  windows: [],
  children: [],
  blocked: [],
  menu: null,
  progress: [],
  notifications: [],
  blockers: new Set(),
  shown: [],
  errors: [],
  dialogs: [],
  drags: [],
  appId: null,
  sandboxed: false,
  switches: [],
  spellChecker: true,
  permission: null,
  permissionCheck: null,
  session: new EventEmitter(),
  mayRequest: () => true,
};

/** Whatever is not modelled throws: a stand-in that swallows calls would prove nothing. */
export function strict(name, members) {
  return new Proxy(members, {
    get(target, key) {
      if (key in target || typeof key === 'symbol' || key === 'then') return Reflect.get(target, key);
      throw new Error(`stand-in: ${name}.${String(key)} is not modelled`);
    },
  });
}
