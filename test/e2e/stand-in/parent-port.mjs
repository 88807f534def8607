/**
 * Gives a forked process what a utility process has: process.parentPort, and no process.send. A message is copied when
 * it is posted and leaves a while later: what a process posts and then ends by itself, nobody hears, as may happen in
 * Electron, whose messages travel on another way than the end of a process.
 */
import { EventEmitter } from 'node:events';
import { isMainThread } from 'node:worker_threads';

/** How late a message leaves. */
const LATE_MS = 20;

// threads of the process load this too, and have neither
if (isMainThread) installParentPort();

function installParentPort() {
  const send = process.send.bind(process);
  const port = new EventEmitter();
  const early = [];
  let leaving = Promise.resolve();
  port.postMessage = (message) => {
    const copy = structuredClone(message);
    const gone = new Promise((resolve) => setTimeout(resolve, LATE_MS));
    // One after the other, as they were posted.
    leaving = leaving.then(() => gone).then(() => void send(copy, () => undefined));
  };
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
