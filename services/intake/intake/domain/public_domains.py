"""Mail domains that anybody can have an address at: they tell nothing about the employer."""

from typing import Final

_LISTED: Final = """
    126.com 163.com abv.bg aim.com alice.it aol.com aol.de arcor.de atlas.cz att.net bigmir.net
    bigpond.com bk.ru bluewin.ch bol.com.br btinternet.com centrum.cz charter.net comcast.net
    cox.net daum.net duck.com earthlink.net email.cz email.de fastmail.com fastmail.fm foxmail.com
    free.fr freemail.hu freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com
    hanmail.net hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it
    hushmail.com i.ua icloud.com inbox.lv inbox.ru interia.pl internode.on.net juno.com kpnmail.nl
    laposte.net libero.it list.ru live.co.uk live.com live.de live.fr live.nl mac.com mail.com
    mail.de mail.ee mail.ru mailbox.org me.com msn.com naver.com netscape.net o2.pl online.de
    onet.pl optusnet.com.au orange.fr outlook.com outlook.de outlook.es outlook.fr pm.me
    posteo.de proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com
    sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be sympatico.ca t-online.de
    telenet.be terra.com.br tiscali.it tuta.io tutanota.com ukr.net uol.com.br verizon.net
    virgilio.it vodafone.de wanadoo.fr web.de windowslive.com wp.pl xtra.co.nz ya.ru yahoo.ca
    yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it
    yandex.com yandex.ru yeah.net ymail.com ziggo.nl zoho.com
"""

PUBLIC_DOMAINS: Final = frozenset(_LISTED.split())
