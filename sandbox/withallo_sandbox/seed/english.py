"""How Americans talk about furniture."""

from typing import Final

from withallo_sandbox.seed.language import Language, Topic

_QUOTE = Topic(
    tags=("quote_requested",),
    needs=(
        "I'm looking for a price on {qty} {item} in {wood}.",
        "We're redoing the {room} and I'd love a quote for {item}, {wood} if possible.",
        "A friend recommended you. How much would {qty} {item} in {wood} run me?",
    ),
    exchanges=(
        ("Do you have measurements yet?", "Roughly. About {size} inches on the long side."),
        ("And where would it go?", "In the {room}, right under the window."),
        ("What finish do you have in mind?", "Matte oil, something that doesn't show fingerprints."),
        ("Do you have a budget in mind?", "Somewhere around {amount} dollars, installed."),
    ),
    promises=(
        "I'll send you the quote by {day}.",
        "You'll have a written estimate from me before {day}.",
        "I'm going to price both versions and email you tonight.",
        "I will draw it up and send it over on {day}.",
    ),
    counter=("I'll email you the floor plan tonight.", "I'll measure the wall again and text you the numbers."),
    summary="{who} asked for a price on {qty} {item} in {wood} for the {room}, budget around {amount} dollars.",
)

_DELIVERY = Topic(
    tags=("delivery",),
    needs=(
        "I'm calling about order {order}. It was supposed to arrive {day}.",
        "Any news on my delivery? Order {order}, the {item}.",
        "The truck never showed up this morning. Order {order}.",
    ),
    exchanges=(
        ("Let me pull it up. Is the address still the same?", "Yes, second floor, there's a freight elevator."),
        ("I see it, it left the workshop on {day}.", "So why is it not here?"),
        ("The carrier marked it as rescheduled.", "Nobody told us anything."),
        ("Would the morning or the afternoon work better?", "Morning, before {time}."),
    ),
    promises=(
        "I'll call the carrier and get back to you within the hour.",
        "We'll have it at your door on {day} before {time}.",
        "I'll text you the driver's number as soon as I have it.",
        "Leave it with me, I'll chase them and call you this afternoon.",
    ),
    counter=("I'll make sure somebody is there to open the gate.",),
    summary="{who} asked where order {order} ({item}) is. The carrier rescheduled it; new date {day}.",
)

_APPOINTMENT = Topic(
    tags=("meeting_booked",),
    needs=(
        "Could somebody come and measure the {room}?",
        "I'd like to set up a visit to the showroom with my architect.",
        "Can we move the appointment we had on {day}?",
    ),
    exchanges=(
        ("Sure. Does {day} at {time} suit you?", "That works. Could you make it a bit later?"),
        ("How many people will be there?", "Just me and the contractor."),
        ("Is there parking nearby?", "Yes, on {street}, behind the building."),
    ),
    promises=(
        "I'll put you down for {day} at {time} and send a confirmation.",
        "I'll ask {colleague} whether the later slot is free and call you back.",
        "We'll send somebody with a laser to measure everything on {day}.",
    ),
    counter=(
        "I'll send you the building's access form tomorrow.",
        "I'll check with my husband and call you back tonight.",
    ),
    summary="{who} and we set a visit for {day} at {time} about the {room}.",
)

_INVOICE = Topic(
    tags=("invoice",),
    needs=(
        "I have a question about invoice {order}.",
        "I think we were charged twice for the {item}.",
        "Our accountant can't find the invoice for the {item}.",
    ),
    exchanges=(
        ("What amount do you see on it?", "{amount} dollars, plus tax."),
        ("Was that the balance or the deposit?", "The balance. The deposit went out in {month}."),
        ("Which e-mail did it go to?", "The old one, I think. We changed it last year."),
    ),
    promises=(
        "I'll send you a corrected invoice today.",
        "I'll check with accounting and let you know by {day}.",
        "You'll get a credit note from us this week.",
    ),
    counter=("I'll wire the balance on {day}.", "We'll pay it as soon as we have the corrected one."),
    summary="{who} asked about invoice {order} over {amount} dollars; we are to correct it.",
)

_REPAIR = Topic(
    tags=("after_sales",),
    needs=(
        "One of the drawers on the {item} sticks.",
        "There's a scratch on the {item} you delivered on {day}.",
        "A hinge on the {item} came loose.",
    ),
    exchanges=(
        ("I'm sorry to hear that. Since when?", "Since {day}, more or less."),
        ("Is it the left or the right side?", "The left one, near the wall."),
        ("Did you get any water on it?", "No, nothing like that."),
    ),
    promises=(
        "I'll order the part and text you when it arrives.",
        "We'll send {colleague} over on {day} to fix it.",
        "I'll have the workshop look at it and call you back {day} morning.",
    ),
    counter=("I'll take pictures and send them to you in a minute.",),
    summary="{who} reports a problem with the {item}; covered by the warranty.",
)

ENGLISH: Final = Language(
    fill={
        "item": (
            "bookcases",
            "tables",
            "wardrobes",
            "kitchen fronts",
            "benches",
            "sideboards",
            "shelves",
            "desks",
        ),
        "wood": ("white oak", "walnut", "ash", "maple", "cherry"),
        "room": ("living room", "lobby", "kitchen", "waiting room", "home office", "dining room", "bedroom"),
        "size": ("48", "60", "72", "84", "96"),
        "amount": ("1,800", "2,400", "3,150", "4,900", "6,200", "8,750", "12,000"),
        "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "the 3rd", "the 17th", "Saturday"),
        "time": ("9", "10:30", "noon", "2", "3:15", "4"),
        "month": ("January", "March", "May", "September", "October"),
        "street": ("Mercer Street", "Atlantic Avenue", "Union Street", "Third Avenue", "Court Street"),
        "colleague": ("Daniel", "Grace", "the installer", "our finisher"),
    },
    hello=("Atelier Nord, {me} speaking.", "Good morning, Atelier Nord, this is {me}.", "Hi, {me} at Atelier Nord."),
    hello_back=("Hi {me}, it's {who}.", "Hello, this is {who} calling.", "Hey, {who} here. Do you have a minute?"),
    topics=(_QUOTE, _DELIVERY, _APPOINTMENT, _INVOICE, _REPAIR),
    chat=(
        (
            "For the {room} I'd stay away from {wood}, it moves too much.",
            "Good to know. Our last ones warped a little.",
        ),
        ("We did {qty} {item} for a place on {street} last {month}.", "I think I've walked past it. Nice windows."),
        ("The lead time on {wood} is about six weeks right now.", "Six weeks. That's tight for us, but doable."),
        ("How is the floor in the {room}, is it level?", "Not really. It drops maybe half an inch toward the wall."),
        ("We could split it into {qty} pieces so it fits the elevator.", "That would help, the elevator is tiny."),
        ("The handles come in brass or black.", "Black. Brass looks dated after a while."),
        (
            "I'd add a shadow gap along the ceiling.",
            "What does that do for us?",
            "It hides that the wall isn't straight.",
            "Ha. None of our walls is straight.",
        ),
        (
            "At {amount} dollars that includes the delivery.",
            "And the installation on top of that?",
            "Installation is half a day for two people.",
            "Okay, that sounds reasonable.",
        ),
        (
            "Is the {room} used every day?",
            "All day long. People put their coffee cups everywhere.",
            "Then oil is the wrong finish, go for lacquer.",
            "My designer won't like that, but fine.",
        ),
        ("The {size} inch version comes in one piece.", "One piece would be much nicer."),
        ("We keep {wood} samples in the showroom.", "I saw them in {month}. The darker one was lovely."),
        ("Somebody has to cut the baseboard first.", "Our contractor did say something about that."),
        ("What's above the {item}, is there a light?", "A row of spots, they were put in last {month}."),
        ("The price of {wood} went up again.", "Everything goes up. Go on."),
        ("Each of the {item} weighs about ninety pounds.", "So two people to carry each. Got it."),
        (
            "Cable holes on the left or on the right?",
            "Both, if it isn't a fortune.",
            "It adds about forty dollars apiece.",
            "Then both.",
        ),
        ("The workshop is closed the first week of {month}.", "We're not in a rush, don't worry."),
        (
            "Did {colleague} talk to you about the corners?",
            "Briefly. Rounded, because of the kids.",
            "Rounded corners on {wood} look great.",
            "Okay, let's keep it like that.",
        ),
        ("How about the color of the back panel?", "Same as the rest. I don't want it to stand out."),
    ),
    bridge=(
        "While I have you, the {room}.",
        "One more thing, about the {item}.",
        "Since we're talking, what about the {item} for the {room}?",
    ),
    lead_in=("Sure thing.", "All right.", "Here's what we do.", "Of course.", "Understood.", "No problem."),
    thanks=("Perfect, thank you.", "That would be great.", "Sounds good.", "I appreciate it."),
    decoys=(
        ("I'll be honest, {wood} is the most expensive of them.", "I figured as much."),
        ("Did you send the plans to {colleague}?", "I thought I had. Let me look at my sent mail."),
        ("I sent you the drawings on {day}.", "I know, they got lost in my inbox."),
        ("Are you sure about the size?", "No. If you give me an hour, I could measure again."),
        ("We could do it in {wood} as well.", "I'll have to think about that."),
        ("The other shop never called you back?", "They said they'd call me back and they never did."),
        ("So which one is it going to be?", "I'll take the {wood}, then."),
        ("It may take until {month}.", "Well, we'll see how it goes."),
        ("I would have called you earlier, but the line was busy.", "We had the painters in."),
        ("It's going to be loud for a day.", "The neighbors will survive."),
    ),
    goodbye=(
        ("Anything else I can do for you?", "No, that's all. Bye now."),
        ("Have a good one.", "You too, bye."),
        ("Talk soon.", "Bye."),
    ),
    voicemail=(
        "Hi, this is {who}. I'm calling about the {item} for the {room}. Could you call me back today? Thanks.",
        "Hello, {who} here. It's about order {order}, it still isn't here and I need it by {day}. Please call me back.",
        "Hey, it's {who}. Nothing urgent, I just wanted to know whether {day} at {time} still works. Bye.",
        "This is {who}. I got the invoice for {amount} dollars and I have a question. You can reach me until {time}.",
    ),
    our_voicemail=("Hi {who}, it's {me} from Atelier Nord about the {item}. Call me back whenever it suits you.",),
    agent=(
        ("Atelier Nord, I'm the virtual assistant. How can I help?", "Hi, I wanted to talk to somebody about {item}."),
        ("May I have your name?", "Sure, it's {who}."),
        ("And when would be a good time to call you back?", "Tomorrow morning, before {time}."),
        ("I've noted that {who} wants to talk about {item}. The team has your message.", "Thanks, bye."),
    ),
    agreed_summary=(
        "Long working session with {who} on consoles for the hotel lobbies: woods, finishes, sizes, access. "
        "Terms were settled right before hanging up."
    ),
    voicemail_summary="{who} left a message and asks to be called back.",
    agent_summary="{who} spoke with the assistant about {item} and prefers a call tomorrow before {time}.",
    threads=(
        ("Hi, is my order {order} ready?", "> Hi {who}, it leaves the workshop on {day}.", "Great, thanks!"),
        ("Can we move {day} to {time}?", "> Sure, {time} works for us.", "Perfect, see you then"),
        ("Here's the gate code: {size}19", "> Got it, thank you."),
        ("What was the price for the {item} again?", "> {amount} dollars, delivered and installed.", "ok let me think"),
        ("The {item} look fantastic, thank you all!", "> That makes our day, {who}. Enjoy the {room}."),
        ("> Hi {who}, our driver arrives around {time} today.", "Ok, I'm home."),
        ("> Reminder: we measure the {room} on {day} at {time}.", "Thanks for the reminder 👍"),
        ("Do you have {wood} in stock?", "> Yes, enough for your {item}.", "Awesome. Can you hold it until {day}?"),
    ),
)
