// The emoji that have a name here, in the picker's groups: pairs of a name and its emoji.

export const table: [string, string][] = [
  [
    'faces',
    'smile 😄 grin 😁 joy 😂 rofl 🤣 slight_smile 🙂 upside_down 🙃 wink 😉 blush 😊 innocent 😇 heart_eyes 😍 kiss 😘 yum 😋 ' +
      'tongue 😛 zany 🤪 hug 🤗 shush 🤫 thinking 🤔 neutral 😐 expressionless 😑 no_mouth 😶 smirk 😏 unamused 😒 eyeroll 🙄 ' +
      'grimace 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 mask 😷 sick 🤒 nausea 🤢 sneeze 🤧 hot 🥵 cold 🥶 dizzy 😵 ' +
      'mind_blown 🤯 cowboy 🤠 party 🥳 cool 😎 nerd 🤓 monocle 🧐 confused 😕 worried 😟 frown 🙁 open_mouth 😮 astonished 😲 ' +
      'flushed 😳 pleading 🥺 fearful 😨 cold_sweat 😰 cry 😢 sob 😭 scream 😱 disappointed 😞 sweat 😓 weary 😩 tired 😫 yawn 🥱 ' +
      'triumph 😤 rage 😡 angry 😠 skull 💀 poop 💩 clown 🤡 ghost 👻 alien 👽 robot 🤖 salute 🫡 melt 🫠',
  ],
  [
    'gestures',
    '+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 pinch 🤏 v ✌️ crossed_fingers 🤞 love_you 🤟 horns 🤘 call_me 🤙 ' +
      'point_left 👈 point_right 👉 point_up 👆 point_down 👇 wave 👋 raised_hand ✋ vulcan 🖖 clap 👏 raised_hands 🙌 ' +
      'open_hands 👐 pray 🙏 handshake 🤝 muscle 💪 fist ✊ punch 👊 write ✍️ eyes 👀 eye 👁️ brain 🧠 shrug 🤷 facepalm 🤦 ' +
      'bow 🙇 tipping_hand 💁 no_good 🙅 ok_person 🙆 walk 🚶 run 🏃 dance 💃',
  ],
  [
    'hearts',
    'heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 black_heart 🖤 white_heart 🤍 ' +
      'broken_heart 💔 sparkling_heart 💖 two_hearts 💕 100 💯 boom 💥 sweat_drops 💦 dash 💨 zzz 💤 sparkles ✨ star ⭐ fire 🔥 ' +
      'rainbow 🌈 sun ☀️ cloud ☁️ rain 🌧️ snow ❄️ lightning ⚡ moon 🌙 earth 🌍',
  ],
  [
    'nature',
    'dog 🐶 cat 🐱 mouse 🐭 fox 🦊 bear 🐻 panda 🐼 lion 🦁 cow 🐮 pig 🐷 frog 🐸 monkey 🐵 chicken 🐔 penguin 🐧 bird 🐦 owl 🦉 ' +
      'bee 🐝 bug 🐛 butterfly 🦋 snail 🐌 turtle 🐢 snake 🐍 octopus 🐙 fish 🐟 whale 🐳 dolphin 🐬 unicorn 🦄 horse 🐴 ' +
      'tree 🌳 evergreen 🌲 seedling 🌱 clover 🍀 rose 🌹 sunflower 🌻 tulip 🌷 mushroom 🍄 cactus 🌵',
  ],
  [
    'food',
    'coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine 🍷 champagne 🍾 cheers 🥂 cocktail 🍸 water 🚰 pizza 🍕 pasta 🍝 burger 🍔 fries 🍟 ' +
      'taco 🌮 sushi 🍣 bread 🍞 croissant 🥐 cheese 🧀 egg 🥚 salad 🥗 popcorn 🍿 cake 🎂 cupcake 🧁 cookie 🍪 chocolate 🍫 ' +
      'ice_cream 🍨 apple 🍎 banana 🍌 lemon 🍋 orange 🍊 grapes 🍇 strawberry 🍓 tomato 🍅 avocado 🥑 hot_pepper 🌶️',
  ],
  [
    'things',
    'tada 🎉 confetti 🎊 gift 🎁 balloon 🎈 trophy 🏆 medal 🏅 dart 🎯 game 🎮 dice 🎲 music 🎵 guitar 🎸 art 🎨 movie 🎬 ' +
      'soccer ⚽ basketball 🏀 tennis 🎾 bike 🚲 car 🚗 bus 🚌 train 🚆 plane ✈️ rocket 🚀 ship 🚢 house 🏠 office 🏢 tent ⛺ ' +
      'phone 📱 computer 💻 keyboard ⌨️ desktop 🖥️ printer 🖨️ camera 📷 bulb 💡 book 📖 books 📚 memo 📝 pencil ✏️ paperclip 📎 ' +
      'calendar 📅 chart 📈 clipboard 📋 pushpin 📌 scissors ✂️ mail 📧 inbox 📥 outbox 📤 package 📦 lock 🔒 unlock 🔓 key 🔑 ' +
      'hammer 🔨 wrench 🔧 gear ⚙️ link 🔗 mag 🔍 bell 🔔 no_bell 🔕 alarm ⏰ hourglass ⌛ watch ⌚ battery 🔋 plug 🔌 ' +
      'money 💰 ticket 🎫 bomb 💣 crystal_ball 🔮 telescope 🔭 dna 🧬 test_tube 🧪',
  ],
  [
    'symbols',
    'check ✅ white_check_mark ✅ heavy_check ✔️ x ❌ warning ⚠️ no_entry ⛔ stop 🛑 construction 🚧 question ❓ exclamation ❗ ' +
      'bangbang ‼️ info ℹ️ plus ➕ minus ➖ recycle ♻️ infinity ♾️ arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ ' +
      'repeat 🔁 soon 🔜 new 🆕 free 🆓 up 🆙 ok 🆗 sos 🆘 red 🔴 green 🟢 yellow 🟡 blue 🔵 flag 🚩 checkered 🏁 it 🇮🇹 eu 🇪🇺',
  ],
];
