// The import table of the rooms (rooms.json) as rules: a room may import itself and what its row names; no cycles; type imports count.
import { readFileSync } from 'node:fs';

const rooms = JSON.parse(readFileSync(new URL('rooms.json', import.meta.url), 'utf8'));
const escape = (text) => text.replaceAll('.', '\\.');
const pathOf = (room) => (room.endsWith('.ts') ? `^src/${escape(room)}$` : `^src/${escape(room)}/`);

const forbidden = Object.entries(rooms)
  .filter(([, may]) => !may.includes('*'))
  .map(([room, may]) => ({
    name: `room-${room}`,
    comment: `${room} may import only: ${may.join(', ') || 'nothing'}`,
    severity: 'error',
    from: { path: pathOf(room) },
    to: { path: '^src/', pathNot: [pathOf(room), ...may.map(pathOf)] },
  }));

export default {
  forbidden: [
    ...forbidden,
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    { name: 'every-file-has-a-room', severity: 'error', from: { path: '^src/', pathNot: Object.keys(rooms).map(pathOf) }, to: {} },
    { name: 'src-does-not-import-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench|tools)/' } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.json'] },
  },
};
