// The Italian names of the emoji, by their English ones: for the picker's search and titles.

const pairs =
  'smile sorriso, grin sorrisone, joy lacrime di gioia, rofl rotolarsi dal ridere, slight_smile lieve sorriso, upside_down sottosopra, wink occhiolino, ' +
  'blush arrossire, innocent angioletto, heart_eyes occhi a cuore, kiss bacio, yum gnam, tongue linguaccia, zany pazzerello, hug abbraccio, shush silenzio, ' +
  'thinking pensieroso, neutral neutro, expressionless inespressivo, no_mouth senza bocca, smirk sorrisetto, unamused scocciato, eyeroll occhi al cielo, ' +
  'grimace smorfia, relieved sollevato, pensive malinconico, sleepy assonnato, sleeping addormentato, mask mascherina, sick malato, nausea nausea, ' +
  'sneeze starnuto, hot caldo, cold freddo, dizzy stordito, mind_blown mente esplosa, cowboy cowboy, party festa, cool figo, nerd secchione, monocle monocolo, ' +
  'confused confuso, worried preoccupato, frown imbronciato, open_mouth bocca aperta, astonished stupito, flushed imbarazzato, pleading supplica, ' +
  'fearful impaurito, cold_sweat sudore freddo, cry piangere, sob singhiozzo, scream urlo, disappointed deluso, sweat sudore, weary esausto, tired stanco, ' +
  'yawn sbadiglio, triumph sbuffo, rage furia, angry arrabbiato, skull teschio, poop cacca, clown pagliaccio, ghost fantasma, alien alieno, robot robot, ' +
  'salute saluto militare, melt sciogliersi, +1 pollice su, -1 pollice giù, ok_hand va bene, pinch pizzico, v vittoria, crossed_fingers dita incrociate, ' +
  'love_you ti voglio bene, horns corna, call_me chiamami, point_left indica a sinistra, point_right indica a destra, point_up indica su, ' +
  'point_down indica giù, wave ciao, raised_hand mano alzata, vulcan saluto vulcaniano, clap applauso, raised_hands mani alzate, open_hands mani aperte, ' +
  'pray preghiera, handshake stretta di mano, muscle muscoli, fist pugno alzato, punch pugno, write scrivere, eyes occhi, eye occhio, brain cervello, ' +
  'shrug boh, facepalm mano in faccia, bow inchino, tipping_hand informazione, no_good no, ok_person persona ok, walk camminare, run correre, dance ballo, ' +
  'heart cuore rosso, orange_heart cuore arancione, yellow_heart cuore giallo, green_heart cuore verde, blue_heart cuore blu, purple_heart cuore viola, ' +
  'black_heart cuore nero, white_heart cuore bianco, broken_heart cuore spezzato, sparkling_heart cuore scintillante, two_hearts due cuori, 100 cento, ' +
  'boom esplosione, sweat_drops gocce, dash sbuffo di vento, zzz sonno, sparkles scintille, star stella, fire fuoco, rainbow arcobaleno, sun sole, ' +
  'cloud nuvola, rain pioggia, snow neve, lightning fulmine, moon luna, earth terra, dog cane, cat gatto, mouse topo, fox volpe, bear orso, panda panda, ' +
  'lion leone, cow mucca, pig maiale, frog rana, monkey scimmia, chicken gallina, penguin pinguino, bird uccello, owl gufo, bee ape, bug bruco, ' +
  'butterfly farfalla, snail lumaca, turtle tartaruga, snake serpente, octopus polpo, fish pesce, whale balena, dolphin delfino, unicorn unicorno, ' +
  'horse cavallo, tree albero, evergreen abete, seedling germoglio, clover quadrifoglio, rose rosa, sunflower girasole, tulip tulipano, mushroom fungo, ' +
  'cactus cactus, coffee caffè, tea tè, beer birra, beers birre, wine vino, champagne spumante, cheers cin cin, cocktail cocktail, water acqua, pizza pizza, ' +
  'pasta pasta, burger panino, fries patatine, taco taco, sushi sushi, bread pane, croissant cornetto, cheese formaggio, egg uovo, salad insalata, ' +
  'popcorn popcorn, cake torta, cupcake dolcetto, cookie biscotto, chocolate cioccolato, ice_cream gelato, apple mela, banana banana, lemon limone, ' +
  'orange mandarino, grapes uva, strawberry fragola, tomato pomodoro, avocado avocado, hot_pepper peperoncino, tada evviva, confetti coriandoli, gift regalo, ' +
  'balloon palloncino, trophy coppa, medal medaglia, dart bersaglio, game videogioco, dice dado, music musica, guitar chitarra, art arte, movie cinema, ' +
  'soccer calcio, basketball pallacanestro, tennis tennis, bike bicicletta, car automobile, bus autobus, train treno, plane aereo, rocket razzo, ship nave, ' +
  'house casa, office ufficio, tent tenda, phone telefono, computer computer, keyboard tastiera, desktop schermo, printer stampante, camera fotocamera, ' +
  'bulb lampadina, book libro, books libri, memo appunti, pencil matita, paperclip graffetta, calendar calendario, chart grafico, clipboard blocco, ' +
  'pushpin puntina, scissors forbici, mail posta, inbox posta in arrivo, outbox posta in uscita, package pacco, lock lucchetto, unlock lucchetto aperto, ' +
  'key chiave, hammer martello, wrench chiave inglese, gear ingranaggio, link collegamento, mag lente, bell campanella, no_bell silenzioso, alarm sveglia, ' +
  'hourglass clessidra, watch orologio, battery batteria, plug spina, money soldi, ticket biglietto, bomb bomba, crystal_ball sfera di cristallo, ' +
  'telescope telescopio, dna dna, test_tube provetta, check spunta, heavy_check segno di spunta, x croce rossa, warning attenzione, no_entry divieto, ' +
  'stop alt, construction lavori in corso, question domanda, exclamation esclamazione, bangbang doppia esclamazione, info informazioni, plus più, minus meno, ' +
  'recycle riciclo, infinity infinito, arrow_right freccia a destra, arrow_left freccia a sinistra, arrow_up freccia su, arrow_down freccia giù, ' +
  'repeat ripeti, soon presto, new nuovo, free gratis, up su, ok ok, sos sos, red rosso, green verde, yellow giallo, blue blu, flag bandierina, ' +
  'checkered bandiera a scacchi, it italia, eu europa';

export const italian = new Map(
  pairs.split(', ').map((pair): [string, string] => {
    const space = pair.indexOf(' ');
    return [pair.slice(0, space), pair.slice(space + 1)];
  }),
);
