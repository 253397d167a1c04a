/** What the scripts in resources/ find in a browser, in Node-RED's editor, and of one another. */
const BROWSER =
  'window document navigator location URL URLSearchParams fetch EventSource ' +
  'setTimeout clearTimeout requestAnimationFrame getComputedStyle performance ' +
  'Intl IntersectionObserver XMLHttpRequest';
const EDITOR = 'RED $ module';
const OURS =
  'lipwire lipwireValidators lipwireMigrations lipwireTypedInputs lipwireError ' +
  'lipwireElements lipwireUnits lipwirePreview lipwirePortraitPicture lipwirePortraitUpload lipwireLoudnessChart lipwireTransitions ' +
  'lipwireCombobox lipwireComboboxList lipwireSearch ' +
  'lipwireVoices lipwireVoiceAsking lipwireVoiceLists lipwireVoiceSample ' +
  'lipwireModels lipwireModelParts lipwireModelRow lipwireModelAdder lipwireModelChoice lipwireEquipment ' +
  'lipwireSidebar lipwireSidebarParts lipwireSidebarResults lipwireSidebarJobs lipwireSidebarStudio ' +
  'lipwireSidebarReport lipwireSidebarAsking lipwireSidebarStyle Hls lipwireTexts';

export const browserGlobals = Object.fromEntries(
  `${BROWSER} ${EDITOR} ${OURS}`.split(' ').map((name) => [name, 'readonly']),
);
