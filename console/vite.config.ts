import { defineConfig } from 'vite';

/** Built into `dist/`, which the gateway serves under `/console/`. `npm run dev -w console` beside `npm start` for working on it. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 400 },
  server: {
    proxy: {
      '/v1': { target: 'http://127.0.0.1:8080', ws: true },
      '/metrics': 'http://127.0.0.1:8080',
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
