import * as os from 'node:os';
import * as path from 'node:path';

/**
 * The folder where Limpid keeps what is the person's own: settings, the queue, models. `LIMPID_HOME` names another;
 * else it is where the system wants application data (XDG Base Directory, AppData, Application Support).
 */
export function homeFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home: string = os.homedir(),
): string {
  if (env.LIMPID_HOME) return path.resolve(env.LIMPID_HOME);
  if (platform === 'win32') return path.join(env.APPDATA || path.join(home, 'AppData', 'Roaming'), 'Limpid');
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Limpid');
  return path.join(env.XDG_DATA_HOME || path.join(home, '.local', 'share'), 'limpid');
}

/**
 * Where `limpid setup-tensorflow` puts TensorFlow, and the device tensorflow looks for it: outside the installation, so
 * that an update of Limpid and the installed app find it too. `LIMPID_TENSORFLOW` names another folder.
 */
export function tensorflowFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.LIMPID_TENSORFLOW
    ? path.resolve(env.LIMPID_TENSORFLOW)
    : path.join(homeFolder(env), 'tensorflow');
}
