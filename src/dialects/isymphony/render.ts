import { textFrame } from '../../delivery/websocket.ts';
import { longNames, type PropertyFilter, type WireEvent } from './schema.ts';

/** An event as the frame that is sent, made once for all who get it; by its longer name for those who asked for that. */
export const createEventFrame = (event: WireEvent): ((byLongName: boolean) => Buffer) => {
  const frames = new Map<boolean, Buffer>();
  return (byLongName) => {
    const known = frames.get(byLongName);
    if (known !== undefined) return known;
    const name = longNames[event.type];
    const frame = textFrame(JSON.stringify(byLongName && name !== undefined ? { ...event, type: name } : event));
    frames.set(byLongName, frame);
    return frame;
  };
};

/** What is answered to a filter message. The vendor's own answers are in no known copy of its page. */
export const filterAccepted = (filters: readonly PropertyFilter[]): Buffer =>
  textFrame(JSON.stringify({ type: 'filterResponse', success: true, filters }));

export const filterRefused = (error: string): Buffer => textFrame(JSON.stringify({ type: 'filterResponse', success: false, error }));

export const messageRefused = (error: string): Buffer => textFrame(JSON.stringify({ type: 'error', success: false, error }));
