from .document import Document
def dumps(document: Document) -> str:
    return ""
