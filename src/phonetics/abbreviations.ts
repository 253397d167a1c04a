/** Words with a full stop that does not end a sentence, or not always. Lower case, without the last dot. */

const words = (...lists: string[]): ReadonlySet<string> =>
  new Set(lists.flatMap((list) => list.trim().split(/\s+/)));

/** Followed by what they belong to: titles, "for example", "that is". */
export const LEADING = words(
  `
  dr mr mrs ms mx prof rev hon gen capt cpt lt col sgt maj cmdr adm gov sen rep pres messrs
  e.g i.e eg ie viz cf vs approx resp incl excl
  hr hrn frl dipl dipl.-ing z.b zb d.h dh vgl bzw sog ca evtl ggf inkl exkl zzgl bspw u.a
  o.ä i.d.r m.e s.o s.u z.t u.u mme mmes mlle mlles mgr p.ex par.ex c.-à-d env
  sra srta dra lic ud uds p.ej ej dña avda
  sig sig.ra dott dott.ssa prof.ssa avv ecc.mo snr
  т.е т.к т.н напр др им ул тов гр акад проф доц
`,
  // German
  `med phil rer nat jur theol ing habil h.c oec mag hl priv.-doz gebr fa abt str.-nr z.hd z.zt d.i m.a.w`,
  // French
  `av bd boul pl fg ste sts mgr ch rte hab cie éd fasc c.-à-d p.-ê `,
  // Spanish and Catalan
  `av avda pza plza c/ ctra pº urb esq dpto prov gral cnel cdte excmo excma ilmo ilma mons fr sto sta hnos`,
  // Italian
  `geom rag comm gen col magg s.ta p.za p.zza v.le c.so loc fraz ad.es p.es sigg s.e ill.mo gent.mo egr spett`,
  // Portuguese
  `srs sras d dª exmo exma eng engª arq pça pç dout profª drª esq lgo`,
  // Dutch
  `dhr mevr mw drs ir ing mr bc prof.dr jhr mej fam bijv bv d.w.z o.a m.b.t i.v.m t.a.v t.o.v z.g.n o.l.v a.u.b t.w n.a.v`,
  // Scandinavian languages and Finnish
  `t.ex bl.a f.ö o.s.v m.fl dvs f.eks bl.a fx d.v.s hr fru frk kl esim ks ent`,
  // Polish, Czech, Slovak
  `np tzn tj św ul pl im prof hab inż mgr lek ks bp o.o m.in t.j např tzv nám ing mudr judr phdr mgr kpt ppor`,
  // Romanian, Hungarian, Turkish
  ` dra bd str nr şos ifj özv dr örn bkz sn av doç yrd prof cad sok mah apt`,
  // Ukrainian
  `вул просп бул пл напр проф ін`,
);

/** A full stop only before a number: "No. 5", but "No. Never." */
export const BEFORE_NUMBERS = words(
  `
  no nos nr nrs fig figs vol vols ch chap sec art arts p pp eq ref tab pt op para abs abb bd kap s
  núm pág págs cap n.º nº tél tel rn стр рис гл п
  jan feb mar apr jun jul aug sep sept oct nov dec janv févr avr juil déc ene abr ago dic okt dez
  mon tue tues wed thu thurs fri sat sun mo di mi do fr sa so
`,
  `int interno kap zif ziff rn rdnr abschn aufl bl fn lfd hnr tel fax`,
  `núm nº art apdo ap pág tomo blq esc pta dto piso apto bl qd lt`,
  `nr blz hfdst afb art pag č str kap obr tab čl odst rys rozdz poz sivu`,
);

/** May stand at the end of a sentence too; then a usual first word of a sentence follows. */
export const EITHER = words(
  `
  inc ltd co corp llc bros jr sr st mt ft ave blvd rd dept univ assn al ext
  a.m p.m u.s u.k u.n e.u u.s.a ph.d m.d b.a m.a b.sc m.sc d.c a.d b.c b.c.e c.e n.b a.k.a
  gmbh ag e.v str geb gest jh jhd n.chr v.chr a.d e.u ee.uu s.a s.l cía gral
  г гг руб коп млн млрд тыс
`,
  `hbf bf bhf pl str allg ca.-preis u.ä o.ä dgl o.g i.a v.a i.v n.n vers mio mrd tsd`,
  `j.-c apr.j.-c av.j.-c éd s.a.r.l s.a.s`,
  `s.r.l s.p.a s.a.s d.c a.c n.v b.v v.chr n.chr a.s s.r.o o.p.s sp z.o.o a.ş ltd.şti`,
);

/** End a list; what comes after with a capital is a new sentence. */
export const CLOSING = words(`etc usw etc.pp u.s.w usf ecc i.t.d и.т.д т.д т.п`);

/** Words that sentences begin with, and names do not. */
export const STARTERS = words(`
  the a an this that these those he she it we they you i i'm i'll i've i'd it's he's she's we're
  they're you're that's there's what's let's don't in on at by to of from with but and or so if when
  then there here what who why how where which my his her its our their your as for after before
  although though while since because however no yes not now one some all any each every many most
  please thanks once until unless
  der die das dem den des ein eine einen er sie es wir ihr ich und aber dann wenn als da dort hier
  was wer wie wo warum im am auf mit bei nach vor für sein seine unser nein ja nicht heute jetzt
  le la les un une il elle nous vous ils elles je on et mais ce cette ces c'est dans pour avec sur
  el los las una yo él ella nosotros ellos pero y en por con para su sus es no sí hoy
  он она оно они мы вы я это в на и но а с по из для
`);

/** What goes on after "5 p.m." though it has a capital. */
export const AFTER_TIME = words(`
  monday tuesday wednesday thursday friday saturday sunday january february march april may june
  july august september october november december est edt et cst cdt ct mst mdt mt pst pdt pt gmt
  utc cet cest bst ist eastern central mountain pacific
`);

/** German words before an ordinal: "der 1. FC Köln", "am 1. Advent"; a sentence seldom ends so. */
export const BEFORE_ORDINAL = words(`
  der die das den dem des am im ans ins beim vom zum zur ab bis seit vor nach mit jeder jede jedes jeden
  jedem dieser diese dieses diesen diesem unser unsere unserem unseren unserer sein seine seinem seinen
  ihr ihre ihrem ihren mein meine meinem meinen ein eine einem einen und oder
  januar februar märz april mai juni juli august september oktober november dezember
`);

/** What a German ordinal such as "3." stands before. */
export const AFTER_ORDINAL = words(`
  januar jänner februar märz april mai juni juli august september oktober november dezember
  jahrhundert jahrhunderts jahrhunderte etage stock klasse platz mal auflage kapitel tag woche
  juli geburtstag weltkrieg weltkriegs liga runde spieltag bezirk
`);
