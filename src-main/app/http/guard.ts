import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may talk to the loopback server: only a browser that was given the address with the token. */
export interface Guard {
  readonly token: string;
  /** Why a request is refused; null where it may pass. `token` requests carry it in the query. */
  refuses(request: IncomingMessage, url: URL): string | null;
  holdsToken(url: URL): boolean;
  readonly cookie: string;
}

/** @param port a function, because the port is known only once the server listens */
export function openGuard(port: () => number): Guard {
  const token = randomBytes(32).toString('hex');
  // Cookies do not know ports: two servers on one host must not overwrite each other's.
  const cookieName = `limpid-${randomBytes(4).toString('hex')}`;
  const hosts = () => [`127.0.0.1:${port()}`, `localhost:${port()}`];
  const equal = (given: string | null | undefined): boolean => {
    const a = Buffer.from(given ?? '');
    const b = Buffer.from(token);
    return a.length === b.length && timingSafeEqual(a, b);
  };
  return {
    token,
    cookie: `${cookieName}=${token}; HttpOnly; SameSite=Strict; Path=/`,
    holdsToken: (url) => equal(url.searchParams.get('token')),
    refuses(request) {
      const { host, origin } = request.headers;
      // A name that was pointed at 127.0.0.1 (DNS rebinding) arrives with its own Host.
      if (host === undefined || !hosts().includes(host)) return 'host';
      if (origin !== undefined && origin !== `http://${host}`) return 'origin';
      const site = request.headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'site';
      // Browsers name the origin of every POST; whoever does not is no page of ours.
      if (request.method !== 'GET' && origin === undefined) return 'origin';
      return equal(cookieOf(request, cookieName)) ? null : 'token';
    },
  };
}

function cookieOf(request: IncomingMessage, name: string): string | null {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
