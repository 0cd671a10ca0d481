import { GatewayError } from '../../model/errors.ts';
import type { IsoTime } from '../../model/time.ts';

/** A zone's distance from UTC changes on no other minute than these. */
const slotMs = 15 * 60 * 1000;

/**
 * `yyyy/MM/dd HH:mm:ss` in a zone of the tz database (empty: the server's own), as the vendor's client reads it: 19
 * characters, no zone. Throws `config-invalid` for a zone that does not exist.
 */
export const createServerTime = (timeZone: string): ((time: IsoTime) => string) => {
  const format = formatOf(timeZone);
  let slot = Number.NaN;
  let offset = 0;
  return (time) => {
    const at = Date.parse(time);
    const itsSlot = Math.floor(at / slotMs);
    if (itsSlot !== slot) {
      offset = offsetAt(format, itsSlot * slotMs);
      slot = itsSlot;
    }
    return new Date(at + offset).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  };
};

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      ...(timeZone === '' ? undefined : { timeZone }),
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch (error) {
    throw new GatewayError('config-invalid', { timeZone }, { note: 'There is no such time zone.', cause: error });
  }
};

const offsetAt = (format: Intl.DateTimeFormat, at: number): number => {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - at;
};
