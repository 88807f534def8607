/** The test's hand in the main process: it plays the person and the system, and looks at what main did. */
import { state } from './state.mjs';

export function listen(app) {
  const commands = {
    look: () => ({
      appId: state.appId,
      sandboxed: state.sandboxed,
      switches: state.switches,
      spellChecker: state.spellChecker,
      privileges: state.privileges,
      blocked: state.blocked,
      progress: state.progress,
      notifications: state.notifications,
      blockers: [...state.blockers],
      shown: state.shown,
      drags: state.drags,
      errors: state.errors,
      windows: state.windows.map(({ options, visible }) => ({ options, visible: visible === true })),
      channels: [...state.ipc.keys()],
      children: state.children.map(({ file, env, pid }) => ({
        file,
        pid,
        probed: env.LIMPID_PROBED ?? null,
        silent: env.ORT_DISABLE_TELEMETRY ?? null,
      })),
      menu: itemsOf(state.menu).map(({ id, role, accelerator }) => ({ id, role, accelerator })),
    }),
    click: (id) =>
      itemsOf(state.menu)
        .find((item) => item.id === id)
        .click(),
    answerDialog: (paths) => state.dialogs.push(paths),
    secondStart: (argv, folder) => app.emit('second-instance', {}, argv, folder),
    permission: (name, details) =>
      new Promise((resolve) => {
        state.permission(state.windows[0].webContents, name, resolve, details);
      }),
    permissionCheck: (name, details) =>
      state.permissionCheck(state.windows[0].webContents, name, details.requestingUrl ?? '', details),
    download: (url, frame) => {
      let prevented = false;
      const event = {
        preventDefault() {
          prevented = true;
        },
      };
      state.session.emit('will-download', event, { getURL: () => url }, state.windows[0].webContents, frame);
      return !prevented;
    },
    navigate: (details) => state.windows[0].webContents.mayNavigate(details),
    openWindow: (url) => state.windows[0].webContents.openHandler({ url }).action,
    attachWebview: () => {
      let prevented = false;
      state.windows[0].webContents.emit('will-attach-webview', {
        preventDefault() {
          prevented = true;
        },
      });
      return prevented;
    },
    forge: (channel, args, senderFrame) => state.windows[0].webContents.dispatch(channel, args, senderFrame),
    quit: () => app.quit(),
  };
  process.on('message', async ({ id, command, args }) => {
    try {
      const value = await commands[command](...args);
      process.send({ id, value: JSON.parse(JSON.stringify(value ?? null)) });
    } catch (error) {
      process.send({ id, error: String(error) });
    }
  });
}

function itemsOf(menu) {
  return (menu ?? []).flatMap((item) => [item, ...itemsOf(item.submenu)]);
}
