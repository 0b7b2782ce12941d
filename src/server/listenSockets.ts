/** The first file descriptor that systemd hands over; see sd_listen_fds(3). */
const FIRST = 3

/**
 * The listening sockets that systemd hands over to this process, as file descriptors; none without socket activation. The
 * environment loses what says so: it is not for the programs that this one starts.
 */
export function handedSockets(env: NodeJS.ProcessEnv): readonly number[] {
  const { LISTEN_PID, LISTEN_FDS } = env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  const count = Number(LISTEN_FDS)
  if (Number(LISTEN_PID) !== process.pid || !Number.isSafeInteger(count) || count < 1) return []
  return Array.from({ length: count }, (_, at) => FIRST + at)
}
