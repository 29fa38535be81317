import type { frame as english } from '../en/frame.ts'
import type { Texts } from '../texts.ts'

export const frame: Texts<typeof english> = {
  common: {
    close: 'Schließen',
    continue: 'Weiter',
    loading: 'Wird geladen',
    more: 'Mehr anzeigen',
    not_now: 'Nicht jetzt',
    refresh: 'Aktualisieren',
    untitled: 'Modell ohne Titel',
  },
  screens: {
    print: 'Drucken',
    models: 'Meine Modelle',
    catalogue: 'Katalog',
    history: 'Verlauf',
    printer: 'Drucker',
    security: 'Sicherheitsprotokoll',
    settings: 'Einstellungen',
  },
  frame: {
    back: 'Zurück zu {host}',
    edge_away:
      'Der LMNT-Dienst auf dem Drucker antwortet nicht. Ein laufender Druck geht weiter. Diese Seite verbindet sich von selbst neu.',
    full_page: 'Ganze Seite öffnen',
    marketplace_away:
      'Der Marktplatz ist nicht erreichbar. Ein laufender Druck geht weiter; anhalten, fortsetzen und abbrechen ist möglich.',
    navigation: 'Navigation',
    printer: 'Drucker',
    skip: 'Zum Inhalt springen',
  },
  login: {
    already: 'Sie sind als {email} angemeldet.',
    email: 'E-Mail-Adresse',
    ended: 'Ihre Sitzung ist beendet. Melden Sie sich noch einmal an.',
    full_page: 'Auf der ganzen Seite anmelden',
    insecure: 'Diese Verbindung ist nicht verschlüsselt. Geben Sie Ihr Passwort hier nicht ein.',
    insecure_what_to_do:
      'Öffnen Sie die verschlüsselte Adresse dieses Druckers und melden Sie sich dort an. Beim ersten Mal warnt der Browser, bis er dem Zertifikat des Druckers vertraut.',
    log_in: 'Anmelden',
    log_out: 'Abmelden',
    logged_in_as: 'Angemeldet',
    logged_out: 'Sie sind abgemeldet.',
    no_https:
      'HTTPS ist für diesen Drucker ausgeschaltet. Schalten Sie es in lmnt-edge.cfg ein oder öffnen Sie diese Seite auf dem Drucker selbst.',
    not_in_frame: 'Melden Sie sich auf der ganzen Seite an. Danach kommen Sie hierher zurück.',
    open_https: 'Verschlüsselte Adresse öffnen',
    password: 'Passwort',
    person: 'Ihr Konto',
    text: 'Melden Sie sich mit Ihrem Konto beim Marktplatz an.',
    title: 'Anmelden',
    trust: 'Dem Zertifikat vertrauen',
  },
  first_steps: {
    title: 'Diesen Drucker einrichten',
    log_in: 'Mit dem Konto beim Marktplatz anmelden.',
    register: 'Diesen Drucker registrieren, damit der Marktplatz ihm Drucke senden kann.',
    do_register: 'Registrieren',
    choose: 'Ein Modell kaufen, ein Profil wählen und drucken.',
  },
  errors: {
    attempts_exhausted:
      'Die letzten Drucke dieses Modells sind nicht gelungen. Bitten Sie den Kundendienst des Marktplatzes, es freizugeben.',
    currency_not_accepted: 'Dieses Modell wird nicht für diese Währung verkauft.',
    cws_unavailable:
      'Der Schlüsseldienst des Marktplatzes antwortet nicht. Versuchen Sie es in einer Minute noch einmal.',
    daily_cap_exceeded: 'Ihr Guthaben hat seine Tagesgrenze erreicht. Es wurde nichts berechnet.',
    engine_timeout: 'Das Slicen hat zu lange gedauert. Versuchen Sie ein anderes Profil.',
    gcode_expired: 'Der vorbereitete Druck ist abgelaufen. Slicen Sie das Modell noch einmal.',
    insufficient_funds: 'Ihr Guthaben reicht nicht aus. Laden Sie es auf und versuchen Sie es noch einmal.',
    host_not_allowed:
      'Dieser Drucker kennt diese Adresse nicht als seine. Öffnen Sie die Seite unter seinem Namen oder seiner Adresse.',
    insecure_connection:
      'Diese Verbindung ist nicht verschlüsselt. Öffnen Sie die Seite über HTTPS und melden Sie sich dort an.',
    internal: 'Etwas ist schiefgegangen. Versuchen Sie es später noch einmal.',
    job_ended: 'Dieser Druck ist bereits beendet.',
    ledger_unavailable: 'Das Register antwortet nicht. Versuchen Sie es in einer Minute noch einmal.',
    marketplace_unavailable:
      'Der Marktplatz ist nicht erreichbar. Prüfen Sie das Netzwerk und versuchen Sie es noch einmal.',
    no_answer: 'Der Dienst des Druckers antwortet nicht. Versuchen Sie es gleich noch einmal.',
    no_rights_left: 'Es sind keine Drucke übrig. Kaufen Sie das Modell noch einmal, um es zu drucken.',
    not_prepared: 'Dieses Modell ist nicht für diesen Drucker vorbereitet.',
    not_registered: 'Registrieren Sie zuerst diesen Drucker.',
    owner_consent_required:
      'Dieser Drucker ist auf ein anderes Konto registriert. Seine Bildschirme zeigen jetzt eine Frage: Jemand am Drucker muss zustimmen. Registrieren Sie danach noch einmal.',
    payload_too_large: 'Die Datei ist zu groß.',
    payment_failed: 'Die Zahlung ist fehlgeschlagen. Es wurde nichts berechnet.',
    preparation_in_progress: 'Dieses Modell wird bereits gesliced.',
    printer_busy: 'Der Drucker ist beschäftigt. Versuchen Sie es nach dem Druck noch einmal.',
    printer_offline: 'Der Drucker ist nicht verbunden. Was zu tun ist, steht unter „Drucker“.',
    request_in_progress: 'Ihre Anfrage wird noch bearbeitet. Versuchen Sie es gleich noch einmal.',
    too_many_requests: 'Zu viele Versuche. Warten Sie einen Moment und versuchen Sie es noch einmal.',
    too_many_requests_wait: 'Zu viele Versuche. Versuchen Sie es in {wait} noch einmal.',
    unauthenticated: 'Ihre Sitzung ist beendet. Melden Sie sich noch einmal an.',
    token_expired: 'Ihre Sitzung ist beendet. Melden Sie sich noch einmal an.',
    unavailable: 'Der Marktplatz antwortet nicht. Versuchen Sie es in einer Minute noch einmal.',
    wrong_credentials: 'Die E-Mail-Adresse oder das Passwort ist falsch.',
  },
}
