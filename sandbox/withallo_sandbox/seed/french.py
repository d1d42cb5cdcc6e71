"""Comment on parle de meubles en France: how the French talk about furniture."""

from typing import Final

from withallo_sandbox.seed.language import Language, Topic

_QUOTE = Topic(
    tags=("quote_requested",),
    needs=(
        "Je voudrais un devis pour {qty} {item} en {wood}.",
        "On refait {room} et j'aimerais un prix pour des {item}, en {wood} si possible.",
        "On m'a parlé de vous. Ça coûterait combien, {qty} {item} en {wood} ?",
    ),
    exchanges=(
        ("Vous avez déjà les cotes ?", "À peu près. Environ {size} centimètres de long."),
        ("Et ce serait pour quelle pièce ?", "Pour {room}, juste sous la fenêtre."),
        ("Vous pensez à quelle finition ?", "Une huile mate, qui ne marque pas trop."),
        ("Vous avez un budget en tête ?", "Autour de {amount} euros, pose comprise."),
    ),
    promises=(
        "Je vous envoie le devis d'ici {day}.",
        "Vous aurez le chiffrage par mail ce soir.",
        "Je vais chiffrer les deux versions et je vous envoie ça {day}.",
        "Je prépare le devis et je vous le transmets {day} matin.",
    ),
    counter=("Je vous envoie le plan ce soir.", "Je reprends les mesures et je vous les envoie par SMS."),
    summary="{who} demande un devis pour {qty} {item} en {wood} ({room}), budget d'environ {amount} euros.",
)

_DELIVERY = Topic(
    tags=("delivery",),
    needs=(
        "Je vous appelle pour la commande {order}. Elle devait arriver {day}.",
        "Vous avez des nouvelles de ma livraison ? Commande {order}, les {item}.",
        "Le camion n'est jamais passé ce matin. C'est la commande {order}.",
    ),
    exchanges=(
        ("Je regarde. C'est toujours la même adresse ?", "Oui, au deuxième étage, il y a un monte-charge."),
        ("Je vois, c'est parti de l'atelier {day}.", "Alors pourquoi ce n'est pas là ?"),
        ("Le transporteur l'a reprogrammée.", "Personne ne nous a prévenus."),
        ("Vous préférez le matin ou l'après-midi ?", "Le matin, avant {time}."),
    ),
    promises=(
        "J'appelle le transporteur et je vous rappelle dans l'heure.",
        "On vous livre {day} avant {time}, c'est noté.",
        "Je vous envoie le numéro du chauffeur dès que je l'ai.",
        "Je m'en occupe tout de suite et je reviens vers vous cet après-midi.",
    ),
    counter=("Je m'arrange pour que quelqu'un ouvre le portail.",),
    summary="{who} demande où en est la commande {order} ({item}). Livraison reprogrammée, nouvelle date {day}.",
)

_APPOINTMENT = Topic(
    tags=("meeting_booked",),
    needs=(
        "Est-ce que quelqu'un pourrait venir prendre les mesures pour {room} ?",
        "J'aimerais passer au showroom avec mon architecte.",
        "Est-ce qu'on peut déplacer le rendez-vous de {day} ?",
    ),
    exchanges=(
        ("Bien sûr. {day} à {time}, ça vous irait ?", "Oui. Un peu plus tard, ce serait encore mieux."),
        ("Vous serez combien sur place ?", "Moi et l'entrepreneur, c'est tout."),
        ("On peut se garer à proximité ?", "Oui, {street}, derrière l'immeuble."),
    ),
    promises=(
        "Je vous inscris pour {day} à {time} et je vous envoie une confirmation.",
        "Je demande à {colleague} si le créneau est libre et je vous rappelle.",
        "On vous envoie quelqu'un {day} pour tout mesurer au laser.",
    ),
    counter=("Je vous transmets le code d'accès demain.", "J'en parle à ma femme et je vous rappelle ce soir."),
    summary="Rendez-vous avec {who} {day} à {time} au sujet de {room}.",
)

_INVOICE = Topic(
    tags=("invoice",),
    needs=(
        "J'ai une question sur la facture {order}.",
        "Je crois qu'on a été débités deux fois pour les {item}.",
        "Notre comptable ne retrouve pas la facture des {item}.",
    ),
    exchanges=(
        ("Vous lisez quel montant ?", "{amount} euros hors taxes."),
        ("C'était le solde ou l'acompte ?", "Le solde. L'acompte est parti en {month}."),
        ("Elle est arrivée sur quelle adresse ?", "L'ancienne, je pense. On en a changé l'an dernier."),
    ),
    promises=(
        "Je vous envoie une facture corrigée aujourd'hui.",
        "Je vois avec la comptabilité et je vous tiens au courant {day}.",
        "Vous recevrez un avoir de notre part cette semaine.",
    ),
    counter=("Je fais le virement {day}.", "On vous règle dès qu'on a la bonne facture."),
    summary="{who} a une question sur la facture {order} de {amount} euros ; elle est à corriger.",
)

_REPAIR = Topic(
    tags=("after_sales",),
    needs=(
        "Un des tiroirs des {item} coince.",
        "Il y a une rayure sur les {item} livrés {day}.",
        "Une charnière des {item} s'est dévissée.",
    ),
    exchanges=(
        ("Désolé pour ça. Depuis quand ?", "Depuis {day}, à peu près."),
        ("C'est à gauche ou à droite ?", "À gauche, du côté du mur."),
        ("Il n'y a pas eu d'eau dessus ?", "Non, rien de tout ça."),
    ),
    promises=(
        "Je commande la pièce et je vous préviens par SMS dès qu'elle arrive.",
        "On vous envoie {colleague} {day} pour réparer.",
        "Je fais regarder l'atelier et je vous rappelle {day} matin.",
    ),
    counter=("Je prends des photos et je vous les envoie tout de suite.",),
    summary="{who} signale un défaut sur les {item} ; c'est sous garantie.",
)

FRENCH: Final = Language(
    fill={
        "item": (
            "bibliothèques",
            "tables",
            "armoires",
            "façades",
            "bancs",
            "buffets",
            "étagères",
            "bureaux",
        ),
        "wood": ("chêne", "noyer", "frêne", "érable", "merisier"),
        "room": ("le salon", "la cuisine", "l'accueil", "la salle d'attente", "le bureau", "la chambre", "l'entrée"),
        "size": ("120", "140", "180", "210", "240"),
        "amount": ("1 800", "2 400", "3 150", "4 900", "6 200", "8 750", "12 000"),
        "day": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "le 3", "le 17"),
        "time": ("9 heures", "10 h 30", "midi", "14 heures", "15 h 15", "16 heures"),
        "month": ("janvier", "mars", "mai", "septembre", "octobre"),
        "street": ("rue des Martyrs", "avenue Jean-Jaurès", "rue de Charonne", "quai de Saône", "cours Lafayette"),
        "colleague": ("Hugo", "Inès", "Camille", "Karim"),
    },
    hello=(
        "Atelier Nord, {me}, bonjour.",
        "Bonjour, Atelier Nord, {me} à l'appareil.",
        "Atelier Nord, c'est {me}.",
    ),
    hello_back=(
        "Bonjour {me}, c'est {who}.",
        "Oui bonjour, {who} à l'appareil.",
        "Bonjour, {who}. Je vous dérange ?",
    ),
    topics=(_QUOTE, _DELIVERY, _APPOINTMENT, _INVOICE, _REPAIR),
    chat=(
        ("Pour {room}, j'éviterais le {wood}, ça travaille trop.", "C'est bon à savoir. Les derniers ont gondolé."),
        ("On a fait {qty} {item} {street} en {month}.", "Je crois que je suis passé devant. Belle vitrine."),
        ("Le délai sur le {wood}, c'est six semaines en ce moment.", "Six semaines. C'est juste, mais ça passe."),
        ("Le sol est droit, dans {room} ?", "Pas vraiment. Il y a bien un centimètre de pente."),
        ("On pourrait le faire en {qty} éléments pour l'ascenseur.", "Ce serait mieux, l'ascenseur est minuscule."),
        ("Les poignées existent en laiton ou en noir.", "En noir. Le laiton, on s'en lasse."),
        (
            "Je mettrais un joint creux le long du plafond.",
            "Ça sert à quoi ?",
            "Ça cache que le mur n'est pas droit.",
            "Aucun de nos murs n'est droit, vous savez.",
        ),
        (
            "À {amount} euros, la livraison est comprise.",
            "Et la pose en plus ?",
            "La pose, c'est une demi-journée à deux.",
            "D'accord, c'est raisonnable.",
        ),
        (
            "La pièce sert tous les jours ?",
            "Du matin au soir. Il y a des tasses partout.",
            "Alors l'huile, non, il faut un vernis.",
            "Ma décoratrice ne va pas aimer, mais bon.",
        ),
        ("La version en {size} se fait d'une seule pièce.", "D'une seule pièce, c'est plus joli."),
        ("On a des échantillons de {wood} au showroom.", "Je les ai vus en {month}. Le plus foncé était superbe."),
        ("Il faut d'abord couper la plinthe.", "Notre entrepreneur en avait parlé."),
        ("Il y a un éclairage au-dessus des {item} ?", "Une rangée de spots, posés en {month}."),
        ("Le prix du {wood} a encore augmenté.", "Tout augmente. Continuez."),
        ("Chacun pèse une quarantaine de kilos.", "Donc à deux pour porter. C'est noté."),
        (
            "Les passages de câbles, à gauche ou à droite ?",
            "Des deux côtés, si ce n'est pas hors de prix.",
            "Ça ajoute quarante euros par meuble.",
            "Alors des deux côtés.",
        ),
        ("L'atelier ferme la première semaine de {month}.", "On n'est pas pressés."),
        (
            "{colleague} vous a parlé des angles ?",
            "Rapidement. Arrondis, à cause des enfants.",
            "Des angles arrondis en {wood}, c'est très beau.",
            "On reste là-dessus.",
        ),
        ("Et la couleur du fond ?", "Comme le reste. Il ne faut pas que ça se voie."),
    ),
    bridge=(
        "Tant que je vous ai en ligne, pour {room}.",
        "Encore une chose, au sujet des {item}.",
        "Puisqu'on en parle, et les {item} pour {room} ?",
    ),
    lead_in=("Très bien.", "D'accord.", "Pas de souci.", "Bien sûr.", "C'est compris.", "Entendu."),
    thanks=("Parfait, merci.", "Ce serait super.", "Ça me va.", "C'est gentil."),
    decoys=(
        ("Je vais être franc, le {wood} est le plus cher.", "Je m'en doutais."),
        ("Vous avez envoyé les plans à {colleague} ?", "Je croyais. Il faut que je regarde mes mails."),
        ("Je vous ai envoyé les dessins {day}.", "Je sais, ils se sont perdus dans ma boîte."),
        ("Vous êtes sûr de la dimension ?", "Non. Si vous m'envoyez les cotes, je pourrai regarder."),
        ("On peut aussi le faire en {wood}.", "Il faut que j'y réfléchisse."),
        ("L'autre atelier ne vous a pas rappelé ?", "Ils devaient me rappeler, ils ne l'ont jamais fait."),
        ("Alors, ce sera lequel ?", "Je prends le {wood}, alors."),
        ("Ça peut durer jusqu'en {month}.", "Bon, on verra bien."),
        ("Je vous aurais appelé plus tôt, mais c'était occupé.", "On avait les peintres."),
        ("Ça va faire du bruit une journée.", "Les voisins survivront."),
    ),
    goodbye=(
        ("Il vous fallait autre chose ?", "Non, c'est tout. Au revoir."),
        ("Bonne journée à vous.", "À vous aussi, au revoir."),
        ("À bientôt.", "Au revoir."),
    ),
    voicemail=(
        "Bonjour, c'est {who}. C'est au sujet des {item} pour {room}. Vous pouvez me rappeler aujourd'hui ? Merci.",
        "Bonjour, {who}. La commande {order} n'est toujours pas là, il me la faut pour {day}. Rappelez-moi.",
        "Oui bonjour, {who}. Rien d'urgent, je voulais savoir si {day} à {time} tient toujours. Au revoir.",
        "C'est {who}. J'ai reçu la facture de {amount} euros et j'ai une question. Je suis joignable jusqu'à {time}.",
    ),
    our_voicemail=("Bonjour {who}, {me} d'Atelier Nord au sujet des {item}. Rappelez quand vous voulez.",),
    agent=(
        (
            "Atelier Nord, je suis l'assistante virtuelle. Que puis-je faire pour vous ?",
            "C'est pour des {item}.",
        ),
        ("Puis-je avoir votre nom ?", "Oui, c'est {who}."),
        ("À quel moment peut-on vous rappeler ?", "Demain matin, avant {time}."),
        ("C'est noté, {who} souhaite parler des {item}. L'équipe a votre message.", "Merci, au revoir."),
    ),
    agreed_summary=(
        "Longue séance de travail avec {who} : bois, finitions, dimensions, accès. "
        "Les conditions ont été arrêtées juste avant de raccrocher."
    ),
    voicemail_summary="{who} a laissé un message et demande à être rappelé.",
    agent_summary="{who} a parlé des {item} avec l'assistante et préfère un appel demain avant {time}.",
    threads=(
        (
            "Bonjour, ma commande {order} est prête ?",
            "> Bonjour {who}, elle part de l'atelier {day}.",
            "Merci !",
        ),
        ("On peut décaler {day} à {time} ?", "> Oui, {time} nous convient.", "Parfait, à bientôt"),
        ("Le code du portail : {size}B9", "> Bien reçu, merci."),
        ("C'était combien déjà, les {item} ?", "> {amount} euros, livrés et posés.", "ok je réfléchis"),
        ("Les {item} sont magnifiques, merci à tous !", "> Merci {who}, ça fait plaisir. Profitez bien."),
        ("> Bonjour {who}, le chauffeur passe vers {time} aujourd'hui.", "Ok je suis là"),
        ("> Rappel : prise de mesures {day} à {time}.", "Merci pour le rappel 👍"),
        (
            "Vous avez du {wood} en stock ?",
            "> Oui, assez pour vos {item}.",
            "Génial. Vous pouvez me le garder ?",
        ),
    ),
)
