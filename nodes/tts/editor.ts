/** The dialog of tts: fields that offer voices, variants and languages, and a button to listen. */
import type { EngineTest, Voices } from '../../src/runtime/types';
import { addCombobox, type ComboboxItem } from '../shared/editor/combobox';
import { registerStage, rowOf } from '../shared/editor/dialog';
import {
  ask,
  button,
  explain,
  post,
  seconds,
  studioId,
  studioRoute,
  textsOf,
  type FailedRequest,
  type Failure,
} from '../shared/editor/parts';

const text = textsOf('tts');

/** The fields that decide how a voice sounds. */
const SOUND = [
  ...(['voice', 'variant', 'language', 'rate', 'pitch'] as const),
  ...(['speechModel', 'instructions', 'speakerName'] as const),
];

/** Engines on servers, which the studio names. */
const SERVERS = ['openai', 'wyoming', 'coqui', 'elevenlabs'];

/** The visible part of a typed field, and what is set: blank where something else decides. */
function fieldOf(name: (typeof SOUND)[number]) {
  const isPlain = (): boolean => /^(str|num)$/.test(String($(`#node-input-${name}Type`).val()));
  const shown = $(`#node-input-${name}-value`);
  const value = (): string => (isPlain() ? String(shown.val()) : '');
  return { element: $(`#node-input-${name}`), shown, isPlain, value };
}

/** What went wrong, as a sentence. */
function sentenceOf(status: number, answer?: Failure): string {
  if (status === 401 || status === 403) return text('listen.forbidden');
  if (status === 404 && !answer?.error?.message) return text('listen.notDeployed');
  return explain(answer) ?? text('listen.failed');
}

/** All voices and variants of the studio. */
function askForVoices(): Promise<Voices> {
  const of = (studio: string): Promise<Voices> => ask(studioRoute(studio, 'voices'));
  return of(studioId()).catch((request: FailedRequest) => {
    // A studio that is not deployed yet has the same voices as any other.
    if (request.status === 404 && !request.responseJSON?.error?.message) return of('shared');
    throw request;
  });
}

/** A language's name as readers of a locale call it. */
function languageName(tag: string, locales: string[]): string | undefined {
  try {
    return new Intl.DisplayNames(locales, { type: 'language', fallback: 'none' }).of(tag);
  } catch {
    return undefined;
  }
}

interface VoiceItem extends ComboboxItem {
  group: string;
  engine: string;
  search: string;
  tag: string;
  base: string;
}

/** What the three fields offer, by the names that the editor's reader knows. */
function listsOf({ voices, variants }: Voices) {
  const reader = [RED.i18n.lang() || 'en-US', 'en'];
  const { compare } = new Intl.Collator(reader[0]);
  const items = voices.map(({ id, name, languages, gender, identifier, engine }): VoiceItem => {
    const tag = languages[0] ?? 'und';
    const [base] = tag.split('-');
    const words = [...languages, identifier, languageName(base, [base]), text(`gender.${gender}`)];
    // "English" of "English (America)".
    const group = languageName(base, reader) ?? name.replace(/\s*\(.*$/, '');
    const search = words.join(' ');
    return { value: id, title: name, detail: id, group, engine, search, tag, base };
  });
  items.sort((a, b) => compare(a.group, b.group) || compare(a.title, b.title));
  const languages = new Map<string, ComboboxItem>();
  for (const { tag, base, title, search } of items) {
    for (const value of [base, tag]) {
      // Parts for private use say nothing to people.
      if (languages.has(value) || /-x-|-qaaa/i.test(value)) continue;
      languages.set(value, { value, title: languageName(value, reader) ?? title, search });
    }
  }
  return {
    voices: items,
    languages: [...languages.values()].sort((a, b) => compare(a.title, b.title)),
    variants: variants.map((name): ComboboxItem => ({ value: name, title: name, detail: ' ' })),
  };
}

function open(): () => void {
  const fields = Object.fromEntries(SOUND.map((name) => [name, fieldOf(name)])) as Record<
    (typeof SOUND)[number],
    ReturnType<typeof fieldOf>
  >;
  const { voice, language } = fields;
  let lists: ReturnType<typeof listsOf> = { voices: [], languages: [], variants: [] };
  const offer = (
    name: 'language' | 'variant' | 'voice',
    items: () => ComboboxItem[],
    nothing?: string,
  ): void => {
    const { shown, isPlain, element } = fields[name];
    const choose = (value: string) => void element.val(value).trigger('change');
    addCombobox(shown, { items, name: text(`label.${name}`), nothing, isActive: isPlain, choose });
  };
  offer('language', () => lists.languages);
  offer('variant', () => lists.variants);
  const ofEngine = (): VoiceItem[] => {
    const engine = engineField();
    return lists.voices.filter((item) =>
      engine ? item.engine === engine : !SERVERS.includes(item.engine),
    );
  };
  const ofLanguageFirst = (): VoiceItem[] => {
    const voices = ofEngine();
    const [wanted] = language.value().toLowerCase().split(/[-_]/);
    if (!wanted) return voices;
    const fits = ({ base, search }: VoiceItem): boolean =>
      base === wanted || (wanted === 'zh' && /\bzh\b/.test(search));
    return [...voices.filter(fits), ...voices.filter((each) => !fits(each))];
  };
  offer('voice', ofLanguageFirst, text('voices.nothing'));

  const note = $('<p class="lipwire-tts-note" id="lipwire-tts-voice-note" role="status">');
  note.insertAfter(rowOf('voice'));
  /** Says by its full name which voice is set. */
  function describe(): void {
    const voices = ofEngine();
    if (voices.length === 0) return void note.text('');
    const set = voice.value();
    const [name] = set.split('+');
    const wanted = name.trim().toLowerCase();
    const found = voices.find(({ value, title, search, tag }) =>
      [value, title, tag, ...search.split(' ')].some((each) => each.toLowerCase() === wanted),
    );
    if (!voice.isPlain() || set.includes('${')) note.text('');
    else if (!set) note.text(text('voices.byLanguage'));
    else note.text(found ? `${found.group} · ${found.title}` : text('voices.unknown', { name }));
  }
  voice.shown.attr('aria-describedby', 'lipwire-tts-voice-note');
  voice.shown
    .add(voice.element)
    .add('#node-input-voiceType, #node-input-engine, #node-input-engineType')
    .on('input change', describe);
  const list = (): Promise<void> =>
    askForVoices().then(
      (answer) => {
        lists = listsOf(answer);
        note.removeClass('lipwire-problem');
        describe();
      },
      ({ status, responseJSON }: FailedRequest) =>
        void note.addClass('lipwire-problem').text(sentenceOf(status, responseJSON)),
    );
  void list();
  addTestButton(list);
  return addListenButton(() => ({
    studio: studioId(),
    engine: engineField(),
    editor: RED.i18n.lang() || 'en-US',
    ...Object.fromEntries(SOUND.map((name) => [name, fields[name].value()])),
  }));
}

/** The engine that is set; blank for the automatic one, and where something else decides. */
function engineField(): string {
  const engine = String($('#node-input-engine').val() ?? '');
  return $('#node-input-engineType').val() === 'choice' && engine !== 'auto' ? engine : '';
}

/**
 * A button that asks the server of the engine that is set, and says what answered and how fast.
 * @param then called when it has answered: its voices may be others now
 */
function addTestButton(then: () => Promise<void>): void {
  const status = $('<span id="lipwire-tts-test-status" role="status">');
  const test = button('fa-plug', text('test.test'), () => {
    status.removeClass('lipwire-problem').text(text('test.asking'));
    const engine = engineField();
    post<EngineTest>('lipwire-tts/test', { studio: studioId(), engine }).then(
      ({ title, health, seconds: taken }) => {
        if (health.usable) {
          const { voices: number } = health;
          status.text(text('test.answered', { title, seconds: seconds(taken), number }));
          void then();
        } else {
          const error = { code: health.code, message: health.sentence };
          status.addClass('lipwire-problem').text(explain({ error }) ?? '');
        }
      },
      ({ status: code, responseJSON }: FailedRequest) =>
        void status.addClass('lipwire-problem').text(sentenceOf(code, responseJSON)),
    );
  })
    .attr({ id: 'lipwire-tts-test', 'aria-describedby': 'lipwire-tts-test-status' })
    .removeClass('red-ui-button-small');
  const row = $('<div class="form-row lipwire-tts-sample">')
    .append(test, status)
    .insertAfter(rowOf('fallback'));
  const show = (): void => {
    status.text('');
    row.toggle(SERVERS.includes(engineField()));
  };
  $('#node-input-engine, #node-input-engineType').on('change', show);
  show();
  if (RED.user.hasPermission('lipwire-tts.write')) return;
  test.prop('disabled', true);
  status.text(text('listen.forbidden'));
}

/**
 * A button that speaks at the first click and stops at the second.
 * @returns what stops it
 */
function addListenButton(settings: () => object): () => void {
  const button = $('<button type="button" class="red-ui-button" id="lipwire-tts-listen">')
    .attr('aria-describedby', 'lipwire-tts-listen-status')
    .append('<i class="fa fa-volume-up" aria-hidden="true"></i> ', '<span></span>');
  const status = $('<span id="lipwire-tts-listen-status" role="status">');
  const player = $<HTMLAudioElement>('<audio id="lipwire-tts-sample" hidden>');
  $('<div class="form-row lipwire-tts-sample">')
    .append(button, status, player)
    .insertAfter(rowOf('pitch'));
  let asked: JQuery.jqXHR | undefined;
  let address = '';

  function show(isBusy: boolean, key?: string): void {
    button.attr('data-state', isBusy ? 'busy' : 'idle');
    button.find('i').attr('class', isBusy ? 'fa fa-stop' : 'fa fa-volume-up');
    button.find('span').text(text(isBusy ? 'listen.stop' : 'listen.listen'));
    status.removeClass('lipwire-problem').text(key ? text(key) : '');
  }
  function stop(): void {
    const request = asked;
    asked = undefined;
    request?.abort();
    player[0].pause();
    player.removeAttr('src');
    player[0].load();
    URL.revokeObjectURL(address);
    show(false);
  }
  function fail(sentence: string): void {
    stop();
    status.addClass('lipwire-problem').text(sentence);
  }
  function listen(): void {
    stop();
    show(true, 'listen.speaking');
    // A request that is answered by a sound, or by an error in JSON.
    const raw = new XMLHttpRequest();
    const request = $.ajax({
      url: 'lipwire-tts/listen',
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(settings()),
      processData: false,
      xhr: () => raw,
      xhrFields: { responseType: 'blob' },
    });
    asked = request;
    request.done((sound: Blob) => {
      if (asked !== request) return;
      asked = undefined;
      address = URL.createObjectURL(sound);
      player.attr('src', address);
      player[0]
        .play()
        .catch(({ name }: Error) => name !== 'AbortError' && fail(text('listen.noSound')));
    });
    request.fail(async ({ status: code }) => {
      if (asked !== request) return;
      const words = await (raw.response as Blob | null)?.text();
      let answer: Failure | undefined;
      try {
        answer = JSON.parse(words ?? '') as Failure;
      } catch {
        answer = undefined;
      }
      if (asked === request) fail(sentenceOf(code, answer));
    });
  }

  button.on('click', (event) => {
    event.preventDefault();
    if (button.attr('data-state') === 'busy') stop();
    else listen();
  });
  player.on('ended', stop);
  player.on('error', () => player.attr('src') && fail(text('listen.noSound')));
  show(false);
  if (!RED.user.hasPermission('lipwire-tts.write')) {
    button.prop('disabled', true);
    status.text(text('listen.forbidden'));
  }
  return stop;
}

registerStage('tts', { open });
