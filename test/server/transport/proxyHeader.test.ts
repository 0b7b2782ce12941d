import { describe, expect, test } from 'vitest'
import { readProxyHeader } from '../../../src/server/transport/proxyHeader.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'

function v1(line: string): Buffer {
  return Buffer.from(line, 'latin1')
}

/** A header of version 2. */
function v2(versionAndCommand: string, family: string, body: string, length = body.length / 2): Buffer {
  const size = length.toString(16).padStart(4, '0')
  return Buffer.from(`${SIGNATURE}${versionAndCommand}${family}${size}${body}`, 'hex')
}

const IPV4_BODY = 'c0000201c6336402303923330000000000'.slice(0, 24)
const IPV6_BODY = `20010db8000000000000000000000001${'00'.repeat(16)}30392333`

describe('the header of a proxy', () => {
  test.each([
    ['TCP4', v1('PROXY TCP4 192.0.2.1 198.51.100.2 12345 9011\r\n'), '192.0.2.1'],
    ['TCP6', v1('PROXY TCP6 2001:db8::1 2001:db8::2 12345 9011\r\n'), '2001:db8::1'],
    ['UNKNOWN', v1('PROXY UNKNOWN\r\n'), undefined],
    ['UNKNOWN with addresses', v1('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), undefined],
    ['version 2, IPv4', v2('21', '11', IPV4_BODY), '192.0.2.1'],
    ['version 2, IPv6', v2('21', '21', IPV6_BODY), '2001:db8:0:0:0:0:0:1'],
    ['version 2 with more after the addresses', v2('21', '11', `${IPV4_BODY}040003616263`), '192.0.2.1'],
    ['version 2 of a health check', v2('20', '00', ''), undefined],
    ['version 2 of a unix socket', v2('21', '31', '00'.repeat(216)), undefined],
  ])('%s, split anywhere, with the first line behind it', (_, header, source) => {
    const input = Buffer.concat([header, Buffer.from('{"action":"ping"}\n')])
    for (let count = 0; count < header.length; count++)
      expect(readProxyHeader(input.subarray(0, count)), `${count} bytes`).toBeUndefined()
    for (let count = header.length; count <= input.length; count++)
      expect(readProxyHeader(input.subarray(0, count))).toEqual({
        ok: true,
        value: { length: header.length, source },
      })
  })

  test.each([
    ['no header', v1('{"action":"ping"}\n')],
    ['nearly one', v1('PROXX TCP4 192.0.2.1 198.51.100.2 1 2\r\n')],
    ['a line without an end', v1(`PROXY TCP4 ${'1'.repeat(200)}`)],
    ['an address of the other family', v1('PROXY TCP4 ::1 ::1 1 2\r\n')],
    ['no address', v1('PROXY TCP4 localhost 198.51.100.2 1 2\r\n')],
    ['a port that is too large', v1('PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n')],
    ['a missing port', v1('PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n')],
    ['another protocol', v1('PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n')],
    ['version 3', v2('31', '11', IPV4_BODY)],
    ['an unknown command', v2('2f', '11', IPV4_BODY)],
    ['too few bytes for IPv4', v2('21', '11', IPV4_BODY.slice(2))],
    ['too few bytes for IPv6', v2('21', '21', IPV4_BODY)],
    ['a length beyond the bound', v2('21', '11', '', 60_000)],
  ])('%s is refused with a reason', (_, input) => {
    expect(readProxyHeader(input)).toMatchObject({ ok: false, error: expect.stringMatching(/\w{3}/) })
  })
})
