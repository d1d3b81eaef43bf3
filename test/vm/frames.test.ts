import t from 'tap';
import {
  FrameDecoder,
  FrameError,
  FrameType,
  decodeEnded,
  decodeHello,
  encode,
  encodeCommand,
  encodeCopyBegin,
  maxPayload,
} from '../../src/vm/frames.js';

const text = (value: string) => Buffer.from(value);

t.test('frames come out whole, however the bytes arrive', async (t) => {
  const stream = Buffer.concat([
    encode(FrameType.out, text('first')),
    encode(FrameType.err),
    encode(FrameType.out, Buffer.alloc(maxPayload, 7)),
  ]);
  for (const size of [1, 3, 5, 4096, stream.length]) {
    const decoder = new FrameDecoder();
    const frames = [];
    for (let at = 0; at < stream.length; at += size)
      frames.push(...decoder.feed(stream.subarray(at, at + size)));
    t.same(
      frames.map(({ type, payload }) => [type, payload.length]),
      [
        [FrameType.out, 5],
        [FrameType.err, 0],
        [FrameType.out, maxPayload],
      ],
      `in pieces of ${size} bytes`,
    );
    t.equal(frames[0]?.payload.toString(), 'first');
  }
});

t.test('a malformed header is refused before its payload is waited for', async (t) => {
  const header = (type: number, length: number) => {
    const bytes = Buffer.alloc(5);
    bytes.writeUInt8(type, 0);
    bytes.writeUInt32LE(length, 1);
    return bytes;
  };
  t.throws(() => new FrameDecoder().feed(header(FrameType.out, maxPayload + 1)), FrameError, 'too long');
  t.throws(
    () => new FrameDecoder().feed(header(FrameType.out, 0xffffffff)),
    FrameError,
    'the longest length',
  );
  for (const type of [0, 7, FrameType.run, 255])
    t.throws(() => new FrameDecoder().feed(header(type, 0)), FrameError, `type ${type} is not the guest's`);
  t.same(new FrameDecoder().feed(header(FrameType.out, maxPayload)), [], 'the longest frame is waited for');
  t.throws(() => encode(FrameType.copyData, Buffer.alloc(maxPayload + 1)), FrameError, 'nor is one sent');
});

t.test('no bytes whatever make the decoder do anything but give frames or refuse', async (t) => {
  let seed = 20261121;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >>> 8;
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(Array.from({ length: random() % 40 }, () => random() % (round % 2 ? 256 : 8)));
    try {
      for (const frame of new FrameDecoder().feed(bytes))
        if (frame.payload.length > 40) t.fail('payload from nowhere');
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      refused++;
    }
  }
  t.ok(refused > 100, `${refused} of 2000 were refused`);
});

t.test('the greeting', async (t) => {
  t.same(decodeHello(text('\u0001' + '6.12.0\0systemd\0')), {
    version: 1,
    kernelRelease: '6.12.0',
    init: 'systemd',
  });
  for (const bad of [
    '',
    '\u0001',
    '\u00016.12.0',
    '\u00016.12.0\0',
    '\u00016.12.0\0systemd',
    '\u0001a\0b\0c',
    '\u0001\0\0',
  ])
    t.throws(() => decodeHello(text(bad)), FrameError, JSON.stringify(bad));
});

t.test('the exit status', async (t) => {
  t.equal(decodeEnded(Buffer.from([137, 0, 0, 0])), 137);
  for (const bad of [[], [0], [0, 1, 0, 0], [0, 0, 0, 0, 0]])
    t.throws(() => decodeEnded(Buffer.from(bad)), FrameError, JSON.stringify(bad));
});

t.test('the command', async (t) => {
  const payload = encodeCommand(['echo', '', 'a b'], { A: '1' });
  t.equal(payload.readUInt32LE(0), 3);
  t.equal(payload.readUInt32LE(4), 1);
  t.equal(payload.subarray(8).toString(), 'echo\0\0a b\0A=1\0');
  t.throws(() => encodeCommand(['a\0b'], {}), FrameError);
  t.throws(() => encodeCommand(['a'], { B: '\0' }), FrameError);
  t.equal(encodeCopyBegin(0o100755, '/x').readUInt32LE(0), 0o755, 'the file type is not sent');
});
