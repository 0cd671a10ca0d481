import { render } from 'preact';
import { App } from './app.tsx';
import { restoreSession } from './session.ts';
import './style/base.css';
import './style/parts.css';
import './style/board.css';
import './style/pages.css';

const root = document.getElementById('app');
if (root === null) throw new Error('The page has no #app.');
render(<App />, root);
void restoreSession();
