/** Gives a forked process what a utility process has: process.parentPort, and no process.send. */
import { EventEmitter } from 'node:events';
import { isMainThread } from 'node:worker_threads';

// threads of the process load this too, and have neither
if (isMainThread) installParentPort();

function installParentPort() {
  const send = process.send.bind(process);
  const port = new EventEmitter();
  const early = [];
  port.postMessage = (message) => send(message);
  process.on('message', (data) => {
    if (port.listenerCount('message') > 0) port.emit('message', { data, ports: [] });
    else early.push(data);
  });
  port.on('newListener', (name) => {
    if (name !== 'message') return;
    setImmediate(() => {
      for (const data of early.splice(0)) port.emit('message', { data, ports: [] });
    });
  });
  process.on('disconnect', () => process.exit(1));
  process.parentPort = port;
  process.send = undefined;
}
