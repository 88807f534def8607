import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may talk to the loopback server: only a browser that was given an address with a token. */
export interface Guard {
  /** A token that is exchanged once for the cookie. It takes the place of one that was not exchanged yet. */
  newToken(): string;
  /** Why a request is refused; null where it may pass. */
  refuses(request: IncomingMessage): Refusal | null;
  /** Takes the token out of a request for the first page; false where it holds none, or a used one. */
  takesToken(request: IncomingMessage, url: URL): boolean;
  /** What a browser that brought a token is given; another secret than the token. */
  readonly cookie: string;
}

type Refusal = 'host' | 'origin' | 'site' | 'cookie';

/** @param port a function, because the port is known only once the server listens */
export function openGuard(port: () => number): Guard {
  const secret = randomBytes(32).toString('hex');
  let token: string | null = null;
  // Cookies do not know ports: two servers on one host must not overwrite each other's.
  const cookieName = `limpid-${randomBytes(4).toString('hex')}`;
  const hosts = () => [`127.0.0.1:${port()}`, `localhost:${port()}`];
  return {
    newToken() {
      token = randomBytes(32).toString('hex');
      return token;
    },
    cookie: `${cookieName}=${secret}; HttpOnly; SameSite=Strict; Path=/`,
    takesToken(request, url) {
      const given = url.searchParams.get('token');
      if (request.method !== 'GET' || url.pathname !== '/' || token === null || !equal(given, token))
        return false;
      token = null;
      return true;
    },
    refuses(request) {
      const { host, origin } = request.headers;
      // A name that was pointed at 127.0.0.1 (DNS rebinding) arrives with its own Host.
      if (host === undefined || !hosts().includes(host)) return 'host';
      if (origin !== undefined && origin !== `http://${host}`) return 'origin';
      const site = request.headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'site';
      // Browsers name the origin of every POST; whoever does not is no page of ours.
      if (request.method !== 'GET' && origin === undefined) return 'origin';
      return equal(cookieOf(request, cookieName), secret) ? null : 'cookie';
    },
  };
}

function equal(given: string | null, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookieOf(request: IncomingMessage, name: string): string | null {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
