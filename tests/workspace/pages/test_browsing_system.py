"""What people do with the pages in a real browser, with the keyboard too, and without scripts."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from tests.workspace.find import office
from tests.workspace.pages.looking import Looking, looking
from tests.workspace.pages.serving import Site

pytestmark = pytest.mark.system

PDF = office.pdf("Bilan de sobriété")


async def new_folder(tab: Looking) -> str:
    """A folder of the test's own, open; its name."""
    name = f"Dossier {uuid4().hex[:8]}"
    await tab.open("/drive/")
    await tab.page.get_by_label("Nouveau dossier").fill(name)
    await tab.page.get_by_role("button", name="Créer").click()
    await expect(tab.page.get_by_role("heading", level=1, name=name)).to_be_visible()
    return name


async def new_document(tab: Looking, text: str) -> None:
    """A document of the test's own, open to be read."""
    await tab.open("/docs/new/")
    await tab.page.get_by_label("Titre", exact=True).fill(f"Note {uuid4().hex[:8]}")
    await tab.page.get_by_label("Texte, en Markdown").fill(text)
    await tab.page.get_by_role("button", name="Enregistrer").click()
    await expect(tab.page.locator("article")).to_contain_text(text)


async def choose(page: Page, name: str, raw: bytes, media_type: str = "application/pdf") -> None:
    """Choose a file to upload, as the dialogue does."""
    file = {"name": name, "mimeType": media_type, "buffer": raw}
    await page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # playwright's own TypedDict


async def test_a_file_is_uploaded_followed_and_listed_without_loading_the_page(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await new_folder(tab)
        await tab.page.evaluate("window.same = true")
        await choose(tab.page, "Bilan.pdf", PDF)
        row = tab.page.locator(".upload")
        await expect(row).to_contain_text("Terminé")
        await expect(tab.page.locator("#listing").get_by_role("link", name="Bilan.pdf")).to_be_visible()
        await expect(tab.page.locator("[data-announcer]")).to_contain_text("Bilan.pdf est là.")
        assert await tab.page.evaluate("window.same")
        assert await tab.wrong() == []


async def test_an_upload_says_how_far_it_is(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await new_folder(tab)
        seen = "window.seen = []; new MutationObserver(() => { const bar = document.querySelector('.upload progress');"
        seen += "if (bar) window.seen.push([bar.value, bar.getAttribute('aria-label')]); })"
        seen += ".observe(document.querySelector('[data-uploads]'), {subtree: true, childList: true, attributes: true})"
        await tab.page.evaluate(seen)
        await choose(tab.page, "Grand.txt", b"un texte un peu long\n" * 400_000, "text/plain")
        await expect(tab.page.locator(".upload")).to_contain_text("Terminé", timeout=30_000)
        progress = await tab.page.evaluate("window.seen")
        assert max(value for value, _ in progress) == 1
        assert {label for _, label in progress} == {"Progression de Grand.txt"}


async def test_a_file_that_is_not_what_it_says_is_refused_with_the_reason(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await new_folder(tab)
        await choose(tab.page, "Faux.pdf", b"<html><script>alert(1)</script></html>" * 20)
        row = tab.page.locator(".upload")
        await expect(row).to_contain_text("Ce fichier n’est pas ce que dit son nom")
        await expect(row.get_by_role("button", name="Réessayer : Faux.pdf")).to_be_visible()
        await expect(tab.page.locator("#listing")).to_contain_text("Rien ici pour l’instant.")
        assert await tab.violations() == []


async def test_a_file_has_versions_and_each_is_downloaded(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await new_folder(tab)
        await choose(tab.page, "Bilan.pdf", PDF)
        await tab.page.locator("#listing").get_by_role("link", name="Bilan.pdf").click()
        await choose(tab.page, "Autre nom.pdf", office.pdf("Bilan corrigé"))
        await expect(tab.page.get_by_role("link", name="Version 2")).to_be_visible()
        await expect(tab.page.get_by_role("heading", level=1, name="Bilan.pdf")).to_be_visible()
        for name, raw in (("Télécharger", office.pdf("Bilan corrigé")), ("Version 1", PDF)):
            async with tab.page.expect_download() as download:
                await tab.page.get_by_role("link", name=name).click()
            got = await download.value
            assert got.suggested_filename == "Bilan.pdf"
            assert (await got.path()).read_bytes() == raw


async def test_a_file_cannot_be_made_a_part_of_a_page(chromium: Browser, site: Site) -> None:
    """It comes from the pages' own origin, which their policy lets scripts and pictures come from."""
    async with looking(chromium, site, "camille") as tab:
        await new_folder(tab)
        await choose(tab.page, "Vilain.txt", b"window.evil = true", "text/plain")
        await tab.page.locator("#listing").get_by_role("link", name="Vilain.txt").click()
        address = await tab.page.get_by_role("link", name="Télécharger").get_attribute("href")
        load = """([tag, to]) => new Promise(done => {
            const one = document.createElement(tag);
            one.onload = () => done("loaded"); one.onerror = () => done("refused");
            Object.assign(one, to); document.body.append(one); })"""
        assert await tab.page.evaluate(load, ["script", {"src": address}]) == "refused"
        assert await tab.page.evaluate(load, ["link", {"rel": "stylesheet", "href": address}]) == "refused"
        assert await tab.page.evaluate(load, ["img", {"src": address}]) == "refused"
        assert await tab.page.evaluate("window.evil") is None
        answer = await tab.page.evaluate(
            "async at => (await fetch(at)).headers.get('Content-Security-Policy')", address
        )
        assert answer.startswith("sandbox;")


async def test_a_draft_survives_a_closed_tab_and_is_offered_again(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await new_document(tab, "Premier jet")
        address = tab.page.url + "edit/"
        await tab.page.goto(address)
        await tab.page.get_by_label("Texte, en Markdown").fill("Premier jet, et la suite")
        await expect(tab.page.locator("[data-state]")).to_contain_text("Brouillon gardé dans ce navigateur")
        again = await tab.page.context.new_page()
        await again.goto(address)
        await again.get_by_role("button", name="Reprendre le brouillon").click()
        await expect(again.get_by_label("Texte, en Markdown")).to_have_value("Premier jet, et la suite")
        await again.get_by_role("button", name="Enregistrer").click()
        await expect(again.locator("article")).to_contain_text("et la suite")
        await again.goto(address)
        await expect(again.locator("[data-draft]")).to_be_hidden()
        await expect(again.get_by_label("Texte, en Markdown")).to_have_value("Premier jet, et la suite")


async def test_the_toolbar_formats_and_is_one_stop_of_the_keyboard(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await tab.open("/docs/new/")
        text = tab.page.get_by_label("Texte, en Markdown")
        await text.fill("important")
        await text.select_text()
        await tab.page.keyboard.press("Control+b")
        await expect(text).to_have_value("**important**")
        await tab.page.get_by_role("button", name="Gras").focus()
        await tab.page.keyboard.press("ArrowRight")
        await expect(tab.page.get_by_role("button", name="Italique")).to_be_focused()
        await tab.page.keyboard.press("Tab")
        await expect(text).to_be_focused()


async def test_the_keyboard_skips_to_the_content_opens_and_closes_the_menu_and_finds_the_search(
    chromium: Browser, site: Site
) -> None:
    async with looking(chromium, site, "camille") as tab:
        await tab.open("/docs/")
        await tab.page.keyboard.press("Tab")
        await expect(tab.page.get_by_role("link", name="Aller au contenu")).to_be_focused()
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.locator("main")).to_be_focused()
        menu = tab.page.locator(".menu summary")
        await menu.focus()
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.get_by_role("link", name="Corbeille")).to_be_visible()
        await tab.page.keyboard.press("Tab")
        await tab.page.keyboard.press("Escape")
        await expect(menu).to_be_focused()
        await expect(tab.page.get_by_role("link", name="Corbeille")).to_be_hidden()
        await tab.page.keyboard.press("Control+k")
        await expect(tab.page.get_by_role("searchbox")).to_be_focused()


async def test_a_person_is_found_by_typing_and_given_access_by_the_keyboard(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await new_document(tab, "Pour Sofia")
        await tab.page.get_by_role("link", name="Partager").click()
        field = tab.page.get_by_role("combobox", name="Nom ou adresse électronique")
        await field.press_sequentially("roux")
        found = tab.page.get_by_role("listbox", name="Personnes trouvées").get_by_role("option")
        await expect(found).to_have_count(1)
        await tab.page.keyboard.press("ArrowDown")
        await expect(found).to_have_attribute("aria-selected", "true")
        await expect(found).to_contain_text("Sofia Roux")
        await tab.page.keyboard.press("Enter")
        await expect(field).to_have_value("sofia.roux@agents.gouv.test")
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.get_by_role("status")).to_contain_text("Sofia Roux a maintenant accès.")


async def test_the_language_is_changed_from_the_foot_of_any_page(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "sofia") as tab:
        await tab.open("/docs/")
        await tab.page.get_by_role("button", name="English").click()
        await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Documents")
        await expect(tab.page.locator("html")).to_have_attribute("lang", "en")
        assert tab.page.url.endswith("/docs/")
        await tab.page.get_by_role("button", name="Français").click()
        await expect(tab.page.locator("html")).to_have_attribute("lang", "fr")


async def test_without_scripts_a_document_is_written_previewed_and_saved(chromium: Browser, site: Site) -> None:
    context = await chromium.new_context(locale="fr", java_script_enabled=False)
    try:
        await context.add_cookies([{"name": "parvis_session", "value": site.sessions["camille"], "url": site.url}])
        page = await context.new_page()
        await page.goto(f"{site.url}/docs/new/")
        await page.get_by_label("Titre", exact=True).fill("Sans script")
        await page.get_by_label("Texte, en Markdown").fill("## Tient")
        await page.get_by_role("button", name="Aperçu").click()
        await expect(page.get_by_role("heading", name="Tient")).to_be_visible()
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_role("heading", level=1, name="Sans script")).to_be_visible()
        await expect(page).to_have_url(re.compile("/docs/[0-9a-f-]{36}/$"))
    finally:
        await context.close()


async def test_a_passage_is_commented_on_with_the_keyboard(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await new_document(tab, "Relever les compteurs.")
        link = tab.page.get_by_role("link", name="Commenter « Relever les compteurs. »")
        await link.focus()
        await expect(link).to_have_css("opacity", "1")
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.get_by_label("Votre commentaire sur ce passage")).to_be_focused()
        await tab.page.keyboard.type("Quand ?")
        await tab.page.keyboard.press("Tab")
        await tab.page.keyboard.press("Enter")
        thread = tab.page.locator(".thread")
        await expect(thread).to_contain_text("Quand ?")
        await expect(thread.get_by_role("link", name="Relever les compteurs.")).to_be_visible()
        assert await tab.wrong() == []


async def test_without_scripts_a_comment_is_answered_and_its_thread_resolved(chromium: Browser, site: Site) -> None:
    context = await chromium.new_context(locale="fr", java_script_enabled=False)
    try:
        await context.add_cookies([{"name": "parvis_session", "value": site.sessions["camille"], "url": site.url}])
        page = await context.new_page()
        await page.goto(f"{site.url}/docs/new/")
        await page.get_by_label("Titre", exact=True).fill("Discuté sans script")
        await page.get_by_label("Texte, en Markdown").fill("Tient")
        await page.get_by_role("button", name="Enregistrer").click()
        await page.get_by_label("Votre commentaire sur tout le document").fill("Et ceci ?")
        await page.get_by_role("button", name="Commenter").click()
        await page.get_by_text("Répondre", exact=True).first.click()
        await page.get_by_label("Votre réponse").fill("Cela aussi.")
        await page.get_by_role("button", name="Répondre").click()
        await expect(page.locator(".thread")).to_contain_text("Cela aussi.")
        await page.get_by_text("Réagir à Camille Martin").first.click(force=True)
        await page.get_by_role("button", name="👍").first.click()
        await expect(page.get_by_role("button", name="👍 1")).to_have_attribute("aria-pressed", "true")
        await page.get_by_role("button", name="Clore").click()
        await expect(page.get_by_role("status")).to_contain_text("La discussion est close.")
    finally:
        await context.close()


async def test_a_page_runs_nothing_that_is_not_ours(chromium: Browser, site: Site) -> None:
    async with looking(chromium, site, "camille") as tab:
        await tab.open(site.paths["document-hostile"])
        await tab.page.evaluate(
            "document.querySelector('article').innerHTML = '<img src=x onerror=\"window.ran = true\">'"
            " + '<style>body{display:none}</style>'"
        )
        await expect(tab.page.locator("article")).to_be_visible()
        assert await tab.page.evaluate("window.ran") is None
        assert any("Content Security Policy" in one for one in tab.problems)
