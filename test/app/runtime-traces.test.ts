import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src-main/app/storage.js';
import { exists } from '../../src-main/base/files.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const BELOW = 'Microsoft/DeveloperTools/.onnxruntime';
const CACHES = { linux: '.cache', darwin: 'Library/Application Support' } as const;

describe('what ONNX Runtime left for sending', () => {
  for (const platform of ['linux', 'darwin'] as const)
    it(`is told and removed when asked to, and nothing beside it (${platform})`, async () => {
      const root = await temporaryFolder();
      const gone = spawnSync(process.execPath, ['-e', '']).pid;
      const cache = path.join(root, 'person', CACHES[platform], BELOW);
      const left = {
        [path.join(cache, 'deviceid')]: 'eb01049f-9b13-443a-a30c-ace9dedee237',
        [path.join(cache, 'onnxruntime.db')]: 'SQLite format 3',
        [path.join(cache, 'onnxruntime.db-wal')]: 'x',
        [path.join(root, `temporary/mat-debug-${gone}.log`)]: '',
        [path.join(root, 'temporary/.ses')]: '1795935573217\na92fb6cc-0f49-268e-6dec-5dd22cad83e0\n',
      };
      const others = {
        [path.join(path.dirname(cache), 'deviceid')]: 'of other developer tools',
        [path.join(root, `temporary/mat-debug-${process.pid}.log`)]: 'of a process that runs',
        [path.join(root, 'temporary/mat-debug-notes.log')]: '',
        [path.join(root, 'temporary/elsewhere.ses')]: '',
      };
      for (const [file, text] of Object.entries({ ...left, ...others })) {
        await fs.mkdir(path.dirname(file), { recursive: true });
        await fs.writeFile(file, text);
      }
      const places = {
        platform,
        env: {},
        home: path.join(root, 'person'),
        temporary: path.join(root, 'temporary'),
      };
      const storage = openStorage(path.join(root, 'data'), () => [], places);
      const bytes = Object.values(left).reduce((sum, text) => sum + text.length, 0);
      expect((await storage.use()).traces).toEqual({ files: 5, bytes });
      // Not without being asked: the folder may be another program's.
      await storage.clean();
      expect((await storage.use()).traces.files).toBe(5);
      expect(await storage.cleanTraces()).toEqual({ files: 5, bytes });
      for (const file of Object.keys(left)) expect([file, await exists(file)]).toEqual([file, false]);
      for (const file of Object.keys(others)) expect([file, await exists(file)]).toEqual([file, true]);
      expect(await exists(cache)).toBe(false);
      expect((await storage.use()).traces).toEqual({ files: 0, bytes: 0 });
    });

  it('spares a file of that name that is something else, and the folder that holds more', async () => {
    const root = await temporaryFolder();
    const cache = path.join(root, 'cache', BELOW);
    await fs.mkdir(cache, { recursive: true });
    await fs.writeFile(path.join(cache, 'deviceid'), 'x');
    await fs.writeFile(path.join(cache, 'notes'), 'x');
    await fs.writeFile(path.join(root, '.ses'), 'a session of something else');
    const places = {
      platform: 'linux',
      env: { XDG_CACHE_HOME: path.join(root, 'cache') },
      home: '/nowhere',
      temporary: root,
    };
    const storage = openStorage(path.join(root, 'data'), () => [], places);
    expect(await storage.cleanTraces()).toEqual({ files: 1, bytes: 1 });
    expect(await fs.readdir(cache)).toEqual(['notes']);
    expect(await exists(path.join(root, '.ses'))).toBe(true);
  });
});
