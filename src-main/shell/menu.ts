import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../contract/window/app.js';

/** The native menu: what it does is the window's business, except what every window can do. */
export function buildMenu(send: (command: MenuCommand) => void, options: { developer: boolean }): Menu {
  const item = (label: string, command: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    id: command,
    label,
    click: () => send(command),
    ...(accelerator === undefined ? {} : { accelerator }),
  });
  const mac = process.platform === 'darwin';
  return Menu.buildFromTemplate([
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        item('Open &Folder…', 'open-folder', 'CmdOrCtrl+O'),
        item('Open F&iles…', 'open-files', 'CmdOrCtrl+Shift+O'),
        { type: 'separator' },
        item('&Denoise', 'denoise', 'CmdOrCtrl+D'),
        item('&Cancel Running Job', 'cancel', 'CmdOrCtrl+.'),
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('&Studies', 'studies', 'CmdOrCtrl+1'),
        item('&Viewer', 'viewer', 'CmdOrCtrl+2'),
        item('&Train', 'train', 'CmdOrCtrl+3'),
        item('&Models', 'models', 'CmdOrCtrl+4'),
        item('&Batch', 'batch', 'CmdOrCtrl+5'),
        item('&Node', 'node', 'CmdOrCtrl+7'),
        item('S&ettings', 'settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(options.developer ? [{ role: 'toggleDevTools' as const }] : []),
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [item('&Keyboard Shortcuts', 'shortcuts', 'F1'), item('&About Limpid', 'about')],
    },
  ]);
}
