"""Names, companies and jobs to draw from."""

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FRENCH_FIRST = _words(
    """
    Adèle Agathe Alain Alexandre Alice Amélie André Anaïs Anne Antoine Arthur Aurélie Axelle Benoît Bernard
    Brigitte Bruno Camille Capucine Carole Cécile Céline Charlotte Chloé Christophe Clémence Clément Colette
    Corentin Cyril Damien David Delphine Denis Diane Didier Édouard Éléonore Élise Élodie Émile Emma Éric
    Estelle Étienne Eugénie Fabien Fanny Fatou Florence Florian Françoise Frédéric Gabriel Gaël Geneviève Gérard
    Gilles Guillaume Hélène Henri Hervé Inès Isabelle Jacques Jean Jeanne Jérôme Joël Joséphine Joëlle Karim
    Laëtitia Laurent Léa Léon Loïc Louise Luc Lucie Ludovic Maëlle Margaux Mathilde Mathieu Maud Mélanie Michel
    Mireille Mohamed Monique Nadia Nathalie Nicolas Noémie Océane Odile Olivier Ophélie Pascal Patrice Perrine
    Philippe Pierre Quentin Raphaël Régis Rémi Renée Romain Sabine Samira Sandrine Sébastien Simon Solène Sophie
    Stéphane Sylvie Théo Thérèse Tristan Valérie Victor Vincent Violette Yann Yasmine Yves
    """
)

FRENCH_LAST = _words(
    """
    Adam André Arnaud Aubert Barbier Baron Benali Benoît Bernard Berthelot Bertrand Besson Blanchard Bonnet
    Bouchet Boulanger Bourgeois Boyer Brun Camara Carpentier Chauvet Chevalier Clément Colin Cordier Coulibaly
    Courtois Da-Silva Delacroix Delattre Deschamps Devaux Diallo Diarra Dubois Dufour Dumas Durand Étienne Fabre
    Faure Fernandez Fleury Fontaine Fournier François Gaillard Garnier Gauthier Gérard Giraud Girard Gonçalves
    Grandjean Guérin Guillot Haddad Hamel Henry Hervé Huet Hubert Jacquet Joly Jourdain Klein Lacroix Lambert
    Laporte Laurent Lebrun Leclerc Lefebvre Legrand Lemaire Lemoine Léger Leroux Leroy Lévêque Lopez Louis Lucas
    Mallet Marchand Maréchal Marie Masson Mercier Meunier Meyer Michaud Millet Monnier Moulin Muller Nguyen Noël
    Olivier Pascal Paris Pelletier Perrin Petit Picard Poirier Poulain Prévost Rey Renard Richard Rivière Robin
    Roche Rousseau Roux Roy Royer Sanchez Schmitt Simon Tanguy Texier Thibault Traoré Tessier Vasseur Verdier
    Vidal Vincent Weber Zimmermann
    """
)

ENGLISH_FIRST = _words(
    """
    Aaliyah Aaron Abigail Adam Aidan Aisha Alan Alejandra Amara Amber Amy Andre Angela Anthony April Ashley
    Austin Barbara Beatrice Benjamin Beth Bradley Brandon Brianna Caleb Carlos Caroline Cedric Charlie Christina
    Claudia Colin Connor Courtney Craig Daisy Dana Darnell Deborah Derek Desmond Diego Dominic Dylan Eleanor
    Elena Elijah Emily Ethan Evelyn Felix Fiona Frank Gabriela Gary Gemma George Gloria Graham Hannah Harold
    Heather Henry Imani Isaac Isla Ivy Jack Jamal Janet Jasmine Jason Jesse Joan Jonah Joyce Julia Justin Karen
    Keisha Keith Kelly Kevin Kyle Lakshmi Laura Leah Leonard Liam Linda Logan Lucas Luis Madison Malik Marcus
    Margaret Martha Maya Megan Mei Miguel Molly Naomi Nathan Nigel Nora Oliver Owen Paige Patrick Penelope Peter
    Priya Quincy Rachel Ravi Rebecca Rosa Russell Ruth Samantha Scott Sean Selena Simone Stella Steven Tamika
    Tara Terrence Tyler Valentina Victoria Walter Wendy Wesley Xavier Yolanda Zachary
    """
)

ENGLISH_LAST = _words(
    """
    Abbott Adams Ahmed Alvarez Anderson Archer Bailey Baker Barnes Bauer Bennett Bishop Black Boyd Brennan
    Brooks Bryant Burke Byrne Calloway Campbell Carter Castillo Chapman Clarke Cohen Coleman Collins Cooper Cruz
    Cunningham Dalton Davis Delgado Dixon Donovan Douglas Doyle Drake Duncan Edwards Ellis Evans Fischer
    Fitzgerald Fleming Flores Foster Franklin Garcia Gibson Goldberg Gomez Gordon Graham Grant Greene Griffin
    Gupta Hale Hamilton Harper Harris Hayes Henderson Hernandez Holloway Howard Hughes Hunter Ibrahim Jackson
    Jenkins Jimenez Johnson Jordan Kaplan Keller Kennedy Khan Kim King Knight Kowalski Lawson Lee Lewis Lopez
    Lynch MacDonald Marsh Mason Matthews McCarthy McKenzie Mendoza Miller Mitchell Montgomery Morales Morgan
    Murphy Nakamura Nelson Newman Nguyen Novak O'Brien O'Neill Okonkwo Ortiz Palmer Parker Patel Pearson Perkins
    Peterson Pham Porter Powell Quinn Ramirez Reid Reynolds Rivera Roberts Rodriguez Rosen Russo Santos
    Schneider Sharma Shaw Silva Sinclair Singh Soto Spencer Stewart Sullivan Takahashi Taylor Thompson Torres
    Tran Tucker Turner Vargas Vaughn Wagner Walker Wallace Walsh Warren Watson Weiss Whitaker Williams Wong
    Wright Young
    """
)

FRENCH_TRADES = _words(
    """
    Menuiserie Hôtel Librairie Clinique Garage Pharmacie Restaurant Galerie Boulangerie Agence Domaine
    """
)
ENGLISH_TRADES = _words(
    """
    Bakery Dental Realty Interiors Studios Builders Books Legal Fitness Florist Electric Brewing
    """
)
FRENCH_JOBS = ("Gérant", "Assistante", "Acheteur", "Décoratrice", "Chef de chantier", "Responsable travaux")
ENGLISH_JOBS = ("Owner", "Office Manager", "Buyer", "Interior Designer", "Site Manager", "Facilities Lead")


def french_name(rng: Random) -> tuple[str, str]:
    """A first and a last name; some of either are double."""
    first, last = rng.choice(FRENCH_FIRST), rng.choice(FRENCH_LAST)
    if rng.random() < 0.06:
        first = f"{first}-{rng.choice(FRENCH_FIRST)}"
    if rng.random() < 0.1:
        last = f"{last}-{rng.choice(FRENCH_LAST)}"
    return first, last


def english_name(rng: Random) -> tuple[str, str]:
    """A first and a last name; some have an initial or two last names."""
    first, last = rng.choice(ENGLISH_FIRST), rng.choice(ENGLISH_LAST)
    if rng.random() < 0.06:
        first = f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')}."
    if rng.random() < 0.06:
        last = f"{last}-{rng.choice(ENGLISH_LAST)}"
    return first, last


def french_company(rng: Random) -> str:
    """What a small French business is called."""
    return f"{rng.choice(FRENCH_TRADES)} {rng.choice(FRENCH_LAST)}"


def english_company(rng: Random) -> str:
    """What a small American business is called."""
    return f"{rng.choice(ENGLISH_LAST)} {rng.choice(ENGLISH_TRADES)}"
