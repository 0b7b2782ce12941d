import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { failure, type Result, success } from '../../protocol/errors.ts'
import type { ListenAddress } from '../settings.ts'
import { listenOnPath, listenOnPort } from '../transport/listening.ts'

const FLAG = '--metrics'
/** Prometheus and a probe or two need few; further connections are closed. */
const MOST_CONNECTIONS = 16
/** The longest head of a request, bytes. */
const MAX_HEAD = 8 * 1024
/** How long the head of a request may take, ms. */
const HEAD_WITHIN = 5_000
/** How long a connection lasts at most, ms: longer than a question to the writing thread. */
const LASTS = 15_000
const TEXT = 'text/plain; charset=utf-8'
/** The format that Prometheus reads. */
const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8'

/** What a {@link MetricsServer} answers with. A sentence says what is wrong. */
export interface Answers {
  readonly metrics: () => Promise<string>
  readonly health: () => Promise<string | undefined>
  readonly readiness: () => string | undefined
}

/** A server that answers `/metrics`, `/healthz` and `/readyz` over HTTP. */
export interface MetricsServer {
  /** With its real port. */
  readonly address: ListenAddress
  close(): void
}

/**
 * Serves the metrics on an address. A request has no body and a short head, an answer ends its connection, and connections are
 * few and short: what a scraper does wrong costs the daemon nothing. The error is a sentence.
 */
export async function serveMetrics(
  address: ListenAddress,
  socketMode: number,
  answers: Answers,
): Promise<Result<MetricsServer, string>> {
  const server = createServer({
    maxHeaderSize: MAX_HEAD,
    headersTimeout: HEAD_WITHIN,
    requestTimeout: HEAD_WITHIN,
    connectionsCheckingInterval: 1_000,
    keepAlive: false,
  })
  server.maxConnections = MOST_CONNECTIONS
  server.maxRequestsPerSocket = 1
  server.on('connection', socket => {
    const timer = setTimeout(() => socket.destroy(), LASTS)
    socket.on('close', () => clearTimeout(timer))
  })
  server.on('request', (request, response) => void answer(request, response, answers))
  const listening = await listen(server, address, socketMode)
  if (!listening.ok) return listening
  // Out of file descriptors; the next scrape may find some.
  server.on('error', () => undefined)
  return success({
    address: listening.value,
    close() {
      server.close()
      server.closeAllConnections()
    },
  })
}

function listen(
  server: Server,
  address: ListenAddress,
  socketMode: number,
): Promise<Result<ListenAddress, string>> {
  return 'path' in address
    ? listenOnPath(server, address.path, socketMode, FLAG)
    : listenOnPort(server, address, false, FLAG)
}

async function answer(request: IncomingMessage, response: ServerResponse, answers: Answers): Promise<void> {
  const { status, type = TEXT, text } = await reply(request, answers)
  if (response.destroyed) return
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    connection: 'close',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
  // A body that still comes is not read: the connection ends with the answer.
  request.pause()
}

interface Reply {
  readonly status: number
  readonly type?: string
  readonly text: string
}

async function reply({ method, url = '' }: IncomingMessage, answers: Answers): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'only GET is served here\n' }
  switch (url.split('?', 1)[0]) {
    case '/metrics':
      return made(answers.metrics)
    case '/healthz':
      return judged(await answers.health())
    case '/readyz':
      return judged(answers.readiness())
    default:
      return { status: 404, text: 'here are /metrics, /healthz and /readyz\n' }
  }
}

async function made(metrics: () => Promise<string>): Promise<Reply> {
  const found: Result<string, string> = await metrics().then(success, (error: unknown) =>
    failure(error instanceof Error ? error.message : String(error)),
  )
  return found.ok
    ? { status: 200, type: EXPOSITION, text: found.value }
    : { status: 500, text: `the metrics could not be gathered: ${found.error}\n` }
}

function judged(problem: string | undefined): Reply {
  return problem === undefined ? { status: 200, text: 'ok\n' } : { status: 503, text: `${problem}\n` }
}
