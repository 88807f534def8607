import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { freeBytes, writeFileAtomic } from '../base/files.js';
import { fault, problemFrom, withoutPlace } from '../contract/errors.js';
import { ACTIONS, STATES } from '../contract/requests/node.js';
import { doorFile, LOOPBACK } from '../process/node-door.js';
import type { NodeConfig } from './config.js';
import type { LimpidNode } from './node.js';

export interface StatusServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/**
 * Health and metrics for anyone on this machine (numbers only), the list of series and commands for whoever may read
 * the folder of the node: the token lies there.
 *
 * @throws LimpidError E_NETWORK where the port cannot be had
 */
export async function startStatus(config: NodeConfig, node: LimpidNode): Promise<StatusServer> {
  const token = randomBytes(24).toString('hex');
  const server = createServer((request, response) => {
    answer(config, node, token, request, response).catch((error: unknown) => {
      // Refusals are answers: what comes here is a fault of ours, and the log tells it.
      problemFrom(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(fault('E_NETWORK/status-port')));
    server.listen(config.statusPort, LOOPBACK, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.statusPort;
  const file = doorFile(config);
  await writeFileAtomic(file, JSON.stringify({ port, token }), { replace: true });
  await fs.chmod(file, 0o600);
  return {
    port,
    async close() {
      await fs.rm(file, { force: true });
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  config: NodeConfig,
  node: LimpidNode,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: string, type = 'application/json') => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(body);
  };
  // A page in a browser of this machine has another host or an origin of its own: neither may look or command.
  const host = request.headers.host ?? '';
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) || request.headers.origin !== undefined)
    return reply(403, '{}');
  const { pathname } = new URL(request.url ?? '/', `http://${LOOPBACK}`);
  if (request.method === 'GET' && pathname === '/health') return reply(200, JSON.stringify(healthOf(node)));
  if (request.method === 'GET' && pathname === '/metrics')
    return reply(200, await metricsOf(config, node), 'text/plain; version=0.0.4');
  if (!isAllowed(request, token)) return reply(401, '{}');
  if (request.method === 'GET' && pathname === '/series') return reply(200, JSON.stringify(node.records()));
  const [, series, command] = /^\/series\/([0-9a-f]{16})\/([a-z]+)$/.exec(pathname) ?? [];
  const action = ACTIONS.find((one) => one === command);
  if (request.method !== 'POST' || series === undefined || action === undefined) return reply(404, '{}');
  try {
    await node[action](series);
    return reply(200, '{}');
  } catch (error) {
    return reply(409, JSON.stringify(withoutPlace(problemFrom(error))));
  }
}

function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function countsOf(node: LimpidNode): Readonly<Record<string, number>> {
  const records = node.records();
  return Object.fromEntries(
    STATES.map((state) => [state, records.filter((one) => one.state === state).length]),
  );
}

function healthOf(node: LimpidNode) {
  return { ok: true, series: countsOf(node) };
}

/** Prometheus' text format. */
async function metricsOf(config: NodeConfig, node: LimpidNode): Promise<string> {
  const { received, refused } = node.counts();
  const waiting = node
    .records()
    .flatMap(({ deliveries }) => deliveries.filter(({ state }) => state !== 'done'));
  const lines = [
    '# HELP limpid_node_series Series by state.',
    '# TYPE limpid_node_series gauge',
    ...Object.entries(countsOf(node)).map(
      ([state, count]) => `limpid_node_series{state="${state}"} ${count}`,
    ),
    '# TYPE limpid_node_received_total counter',
    `limpid_node_received_total ${received}`,
    '# HELP limpid_node_refused_total Instances that name no series.',
    '# TYPE limpid_node_refused_total counter',
    `limpid_node_refused_total ${refused}`,
    '# TYPE limpid_node_associations gauge',
    `limpid_node_associations ${node.associations()}`,
    '# TYPE limpid_node_deliveries_waiting gauge',
    `limpid_node_deliveries_waiting ${waiting.length}`,
    '# HELP limpid_node_deliveries_failing Deliveries whose last try failed.',
    '# TYPE limpid_node_deliveries_failing gauge',
    `limpid_node_deliveries_failing ${waiting.filter(({ problem }) => problem !== null).length}`,
    ...auditLines(await node.audit()),
    '# TYPE limpid_node_free_bytes gauge',
    `limpid_node_free_bytes ${await freeBytes(config.folder)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function auditLines(state: Awaited<ReturnType<LimpidNode['audit']>>): string[] {
  if (state === null) return [];
  return [
    '# HELP limpid_node_audit_waiting_bytes What the syslog server was not told yet.',
    '# TYPE limpid_node_audit_waiting_bytes gauge',
    `limpid_node_audit_waiting_bytes ${state.waiting}`,
    '# HELP limpid_node_audit_failures Tries in a row that failed to reach it.',
    '# TYPE limpid_node_audit_failures gauge',
    `limpid_node_audit_failures ${state.failures}`,
  ];
}
