/** The sound of one call: sends a steady tone as RTP (G.711 µ-law) and measures which tones come back. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Changes } from './waiting.ts';

const sampleRate = 8000;
const packetSamples = 160;
/** What is listened to at once: 200 ms, so that tones at multiples of 5 Hz do not leak into each other. */
const windowSamples = 1600;
/** With no packet for so long there is silence, whatever came before. */
const silenceMs = 300;
const telephoneEvent = 101;

export class Media {
  readonly port: number;
  /** Notified every 100 ms of received sound. */
  readonly changes: Changes;
  readonly #socket: Socket;
  readonly #packets: readonly Uint8Array[];
  readonly #heard = new Float64Array(windowSamples);
  readonly #ssrc = randomInt(2 ** 32);
  #received = 0;
  #lastPacketAt = 0;
  #sequence = randomInt(2 ** 15);
  #timestamp = randomInt(2 ** 31);
  #destination: { readonly host: string; readonly port: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #signals: readonly Uint8Array[] = [];
  #closed = false;

  private constructor(socket: Socket, hertz: number, changes: Changes) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.changes = changes;
    const tone = encodeTone(hertz);
    this.#packets = Array.from({ length: tone.length / packetSamples }, (_, i) =>
      tone.subarray(i * packetSamples, (i + 1) * packetSamples),
    );
    socket.on('message', (packet) => this.#receive(packet));
    socket.on('error', () => undefined); // The far end's port may be gone a moment before its BYE arrives.
  }

  static async open(hertz: number, changes: Changes): Promise<Media> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Media(socket, hertz, changes);
  }

  /** Sends from now on, to where the far end's session description says. */
  sendTo(host: string, port: number): void {
    if (this.#closed) return;
    this.#destination = { host, port };
    this.#timer ??= setInterval(() => this.#send(), 20);
  }

  /** Presses a key: RFC 4733, 160 ms in the place of sound. */
  press(digit: string): void {
    const code = '0123456789*#'.indexOf(digit);
    if (code < 0) throw new Error(`not a key of a phone: ${digit}`);
    this.#signals = [
      ...this.#signals,
      ...Array.from({ length: 8 }, (_, i) => {
        const duration = packetSamples * Math.min(i + 1, 6);
        return Uint8Array.of(code, (i >= 5 ? 0x80 : 0) | 10, duration >> 8, duration & 0xff);
      }),
    ];
  }

  /** Of `tones` (Hz), those that sound now: each with at least a twentieth of the whole power. */
  hears(tones: readonly number[]): readonly number[] {
    if (Date.now() - this.#lastPacketAt > silenceMs || this.#received < windowSamples) return [];
    const energy = this.#heard.reduce((sum, sample) => sum + sample * sample, 0);
    if (energy / windowSamples < 100 ** 2) return [];
    return tones.filter((hertz) => (2 * powerAt(this.#heard, hertz)) / (windowSamples * energy) > 0.05);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#destination = undefined;
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #send(): void {
    if (this.#destination === undefined) return;
    const signal = this.#signals[0];
    this.#signals = this.#signals.slice(1);
    const payload = signal ?? this.#packets[this.#sequence % this.#packets.length] ?? Uint8Array.of();
    const packet = Buffer.alloc(12 + payload.length);
    packet[0] = 0x80;
    packet[1] = signal === undefined ? 0 : telephoneEvent;
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#timestamp >>> 0, 4);
    packet.writeUInt32BE(this.#ssrc, 8);
    packet.set(payload, 12);
    this.#socket.send(packet, this.#destination.port, this.#destination.host);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    // All packets of one key press carry the time at which it began.
    if (signal === undefined || this.#signals.length % 8 === 0) this.#timestamp += packetSamples * (signal === undefined ? 1 : 8);
  }

  #receive(packet: Buffer): void {
    if ((packet[1] ?? 0) % 128 !== 0) return; // Not PCMU: comfort noise or a key press.
    this.#lastPacketAt = Date.now();
    for (const byte of packet.subarray(12)) {
      this.#heard[this.#received % windowSamples] = decodeMuLaw[byte] ?? 0;
      this.#received += 1;
    }
    if (this.#received % 800 === 0) this.changes.notify();
  }
}

/** Goertzel's algorithm: the squared magnitude of one frequency. The window is a ring; its rotation only turns the phase. */
const powerAt = (samples: Float64Array, hertz: number): number => {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / sampleRate);
  let previous = 0;
  let beforeThat = 0;
  for (const sample of samples) {
    const current = sample + coefficient * previous - beforeThat;
    beforeThat = previous;
    previous = current;
  }
  return previous * previous + beforeThat * beforeThat - coefficient * previous * beforeThat;
};

/** G.711 µ-law by its definition: sign, three bits of exponent, four of mantissa, all inverted. */
const decodeMuLaw = Float64Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return (bits & 0x80) === 0 ? magnitude - 0x84 : 0x84 - magnitude;
});

const encodeMuLaw = (sample: number): number => {
  const magnitude = Math.min(Math.abs(Math.round(sample)), 32_635) + 0x84;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
};

/** One second of a tone, which any whole number of hertz fills without a seam. */
const encodeTone = (hertz: number): Uint8Array =>
  Uint8Array.from({ length: sampleRate }, (_, i) => encodeMuLaw(8000 * Math.sin((2 * Math.PI * hertz * i) / sampleRate)));
