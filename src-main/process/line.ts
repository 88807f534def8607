/**
 * A started process's end of the line to its starter: process.send under child_process.fork, parentPort under
 * Electron's utilityProcess.
 */
export interface Line<In extends object, Out extends object> {
  /** Resolves when the message has left this process. */
  send(message: Out): Promise<void>;
  onMessage(listener: (message: In) => void): void;
  /** The other end is gone. */
  onClose(listener: () => void): void;
  /** Ends this process when nothing went wrong; the starter does so where it alone knows that all has arrived. */
  finish(): void;
}

/** Electron's end of a utility process, as far as it is used here. */
interface ParentPort {
  on<T>(event: 'message', listener: (event: { readonly data: T }) => void): void;
  postMessage(message: unknown): void;
}

/** The line to whoever started this process. @throws Error when nobody did */
export function openLine<In extends object, Out extends object>(): Line<In, Out> {
  const port: unknown = Reflect.get(process, 'parentPort');
  return isParentPort(port) ? utilityLine(port) : forkedLine();
}

function forkedLine<In extends object, Out extends object>(): Line<In, Out> {
  if (process.send === undefined)
    throw new Error('this process must be started by the limpid command or the app');
  const send = process.send.bind(process);
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        send(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
      }),
    onMessage(listener) {
      process.on('message', (message: In) => listener(message));
    },
    onClose(listener) {
      process.on('disconnect', listener);
      // Who started this may have ended before there was anyone to hear it.
      if (!process.connected) process.nextTick(listener);
    },
    finish: () => process.exit(0),
  };
}

function utilityLine<In extends object, Out extends object>(port: ParentPort): Line<In, Out> {
  return {
    // Nothing tells when a message has left: the starter ends this process once it has the last one.
    send: async (message) => port.postMessage(message),
    onMessage(listener) {
      port.on<In>('message', ({ data }) => listener(data));
    },
    // Electron ends a utility process with its starter.
    onClose: () => undefined,
    finish: () => undefined,
  };
}

function isParentPort(value: unknown): value is ParentPort {
  return typeof value === 'object' && value !== null && 'postMessage' in value && 'on' in value;
}
