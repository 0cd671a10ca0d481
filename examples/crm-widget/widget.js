/**
 * A CRM widget over iSymphony's event API: whoever calls the logged-in user has their card popped up. It runs in any browser,
 * without anything to install; the credentials travel in the address, as the vendor's page shows it.
 */
import { contacts } from './contacts.js';

const element = (id) => document.getElementById(id);
const login = element('login');
const waiting = element('waiting');
const cards = element('cards');

/** The cards on the screen, by the caller's call segment. */
const byCaller = new Map();
let connection;

login.addEventListener('submit', (event) => {
  event.preventDefault();
  const { server, account, password, user } = Object.fromEntries(new FormData(login));
  const address = new URL(server);
  address.username = account;
  address.password = password;
  login.hidden = true;
  waiting.hidden = false;
  element('who').textContent = user;
  connection = connect(address, user);
});

element('leave').addEventListener('click', () => {
  connection.close();
  login.hidden = false;
  waiting.hidden = true;
  show('off', 'Not connected');
});

/** Stays connected until it is closed. Events are not kept for who was away: the card of a call that came meanwhile does not pop up. */
const connect = (address, user) => {
  let socket;
  let wait = 500;
  let timer;
  const open = () => {
    show('off', 'Connecting');
    socket = new WebSocket(address);
    socket.addEventListener('open', () => {
      // Two-sided events have no `username`: the second side is the one that is called.
      const types = ['dial', 'dialEnd', 'linkStart', 'linkEnd'].map((value) => ({ property: 'type', value }));
      socket.send(JSON.stringify({ type: 'filter', filters: [...types, { property: 'username2', value: user }] }));
    });
    socket.addEventListener('message', ({ data }) => {
      const told = JSON.parse(data);
      if (told.type !== 'filterResponse') return take(told);
      wait = 500;
      show(told.success ? 'on' : 'off', told.success ? 'Waiting for calls' : told.error);
    });
    socket.addEventListener('close', () => {
      if (timer === 'closed') return;
      show('off', 'Connection lost; trying again');
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, 30_000);
    });
  };
  open();
  return {
    close: () => {
      clearTimeout(timer);
      timer = 'closed';
      socket.close();
    },
  };
};

const take = (told) => {
  const caller = told.callSegmentId1;
  switch (told.type) {
    case 'dial':
      return pop(told);
    case 'linkStart':
      return change(caller, 'talking', 'Talking');
    case 'linkEnd':
      return change(caller, 'over', 'Call ended');
    case 'dialEnd':
      return change(caller, 'missed', told.result === 'CANCEL' ? 'Gave up' : 'Missed');
  }
};

const pop = ({ callSegmentId1, callerIdNumber1, callerIdName1, did1, time }) => {
  const { name = callerIdName1 || 'Unknown caller', company = '', note = '' } = contacts[callerIdNumber1] ?? {};
  const card = element('card').content.cloneNode(true).firstElementChild;
  const set = (part, text) => {
    card.querySelector(part).textContent = text;
  };
  set(
    '.face',
    name
      .replace(/[^\p{L} ]/gu, '')
      .split(/ +/)
      .map(([first = '']) => first)
      .slice(0, 2)
      .join('') || '?',
  );
  set('.name', name);
  set('.number', did1 === null ? callerIdNumber1 : `${callerIdNumber1}, calling ${did1}`);
  set('.company', company);
  set('.note', note);
  card.querySelector('.close').setAttribute('aria-label', `Close the card of ${name}`);
  card.querySelector('.close').addEventListener('click', () => {
    byCaller.delete(callSegmentId1);
    card.remove();
    element('quiet').hidden = cards.childElementCount > 0;
  });
  byCaller.set(callSegmentId1, card);
  cards.prepend(card);
  element('quiet').hidden = true;
  change(callSegmentId1, 'ringing', `Rings since ${new Date(time).toLocaleTimeString()}`);
};

const change = (caller, state, text) => {
  const card = byCaller.get(caller);
  if (card === undefined) return;
  card.dataset.state = state;
  card.querySelector('.state').textContent = text;
};

const show = (state, text) => {
  const status = element('status');
  status.dataset.state = state;
  status.textContent = text;
};
