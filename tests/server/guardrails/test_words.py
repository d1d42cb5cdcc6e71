"""STOP and START as people write them."""

import pytest

from withallo_server.guardrails.words import keyword

STOP = """
STOP|stop|Stop.|STOP!|stopall|STOP ALL|stop please|please stop|Stop texting me|stop messaging|STOP SMS|STOP 36111
STOP au 36111|stop merci|Stop s'il vous plaît|UNSUBSCRIBE|unsubscribe me|Cancel|END|quit|REVOKE|opt out|Optout|opt-out
Do not text me|don't text me again|Don\u2019t text me anymore|never contact me|remove me|Remove my number from your list
no more texts|No more SMS please|ARRET|Arrêt|arrêter|Arrêtez|Arrêtez les SMS|arretez de m'écrire
arrêtez de m'envoyer des messages|désabonner|Désabonnez-moi|DESABONNEMENT|désinscription|Désinscrivez moi svp
stop stop|Stop!! Stop!!|stop sending me texts|Please stop sending messages|Opt me out please|I want to unsubscribe
take me off your list|Merci de ne plus me contacter|merci de ne plus m'envoyer de SMS|Supprimez mon numéro|stop les sms
Je ne souhaite plus recevoir vos SMS|Retirez-moi de votre liste|Veuillez me désinscrire|Je souhaite me désabonner
ne m'écrivez plus|Ne m'envoyez plus de SMS|ne me contactez plus|je ne veux plus recevoir de SMS|plus de SMS merci
"""
NOTHING = """
Stop by at five|Stop at the bakery on your way|Non-stop delivery?|When does it end|The weekend|I quit my job yesterday
Cancel the order for Tuesday and send the other|Please don't stop|stop or go?|Can you unsubscribe Marie instead of me
Arrêtez-vous à la boulangerie|L'arrêt de bus est en face|plus de sms que prévu ce mois|On ne m'écrit plus jamais|
stop sending the van|Take me off the train list|ne plus tarder merci|Supprimez mon rendez-vous|take my number
Je ne veux plus de ce canapé|stop writing the report|Can you stop sending invoices to my old address|take me there
I want to start on Monday|Restart the machine|Le début|Yes|ok|Merci|stopover in Paris|plus tard|annuler le rendez-vous
"""
START = "START|start|Unstop|UNSTOP please|resubscribe|opt in|Réabonner|REPRENDRE|Start merci"


def each(text: str) -> list[str]:
    return [part for line in text.split("\n") for part in line.split("|") if part]


@pytest.mark.parametrize("text", each(STOP))
def test_stop(text: str) -> None:
    assert keyword(text) == "stop"


@pytest.mark.parametrize("text", each(NOTHING))
def test_neither(text: str) -> None:
    assert keyword(text) is None


@pytest.mark.parametrize("text", each(START))
def test_start(text: str) -> None:
    assert keyword(text) == "start"
