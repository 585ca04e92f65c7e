// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {Actions, Authorisation} from "../../../../contracts/interfaces/LoanTypes.sol";
import {ILoanManagerFull} from "../../helpers/ILoanManagerFull.sol";
import {Market} from "../../helpers/Market.sol";
import {Wallet1271} from "../../helpers/Wallet1271.sol";

/// @notice Authorisations and permits by signature: C35.
contract SignaturesTest is Market {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant AUTHORISATION_TYPEHASH = keccak256(
        "SetAuthorisation(address owner,uint32 facility,address operator,uint8 actions,uint40 expiresAt,uint104 cashLimit,uint104 collateralLimit,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    /// @dev Order of secp256k1.
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint256 private constant KEY = 0xB0B;
    address private _owner = vm.addr(KEY);
    Authorisation private _a = Authorisation(Actions.DRAW, type(uint40).max, 1000, 0);
    uint256 private _deadline = START + 1 hours;

    function test_a_signature_anybody_brings_sets_the_authorisation() public {
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        vm.expectEmit(address(manager));
        emit IAuthorisations.NonceUsed(_owner, 0);
        vm.expectEmit(address(manager));
        emit IAuthorisations.AuthorisationSet(_owner, facility, operator, _a.actions, _a.expiresAt, 1000, 0);
        vm.prank(stranger);
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
        assertEq(abi.encode(manager.authorisationOf(_owner, facility, operator)), abi.encode(_a));
        assertEq(manager.nonces(_owner), 1);
    }

    function test_the_domain_is_what_wallets_show() public view {
        (, string memory name, string memory version, uint256 chainId, address verifier, , ) = manager.eip712Domain();
        assertEq(name, "Ballast LoanManager");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifier, address(manager));
    }

    function test_a_signature_holds_to_the_second_of_its_deadline() public {
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        vm.warp(_deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.SignatureExpired.selector, _deadline));
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
        vm.warp(_deadline);
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
    }

    function test_fault_C35_a_signature_works_once() public {
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
        _invalid(signature);
    }

    function test_fault_C35_a_signature_is_worthless_after_the_owner_used_the_nonce() public {
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        vm.expectEmit(address(manager));
        emit IAuthorisations.NonceUsed(_owner, 0);
        vm.prank(_owner);
        manager.useNonce();
        _invalid(signature);
    }

    function test_fault_C35_a_signature_by_another_key_is_refused() public {
        _invalid(_sign(0xBAD, _digest(_owner, 0)));
        _invalid("");
        _invalid(hex"00");
    }

    function test_fault_C35_a_malleated_signature_is_refused() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(_owner, 0));
        bytes32 flipped = bytes32(CURVE_ORDER - uint256(s));
        _invalid(abi.encodePacked(r, flipped, v == 27 ? uint8(28) : uint8(27)));
    }

    function test_fault_C35_a_signature_for_another_chain_or_contract_is_refused() public {
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        _invalid(signature);
        vm.chainId(here);
        ILoanManagerFull twin = ILoanManagerFull(
            deployCode("contracts/loan/LoanManager.sol:LoanManager", abi.encode(access, engine))
        );
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, _owner));
        twin.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
    }

    function test_fault_C35_no_field_can_be_altered_after_signing() public {
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, borrower));
        manager.setAuthorisationWithSig(borrower, facility, operator, _a, _deadline, signature);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, _owner));
        manager.setAuthorisationWithSig(_owner, facility + 1, operator, _a, _deadline, signature);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, _owner));
        manager.setAuthorisationWithSig(_owner, facility, stranger, _a, _deadline, signature);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, _owner));
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline + 1, signature);
        Authorisation memory good = _a;
        _a.actions = Actions.ALL;
        _invalid(signature);
        _a = good;
        _a.expiresAt -= 1;
        _invalid(signature);
        _a = good;
        _a.cashLimit += 1;
        _invalid(signature);
        _a = good;
        _a.collateralLimit += 1;
        _invalid(signature);
        _a = good;
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
    }

    function test_fault_C35_a_contract_wallet_signs_by_ERC1271_and_may_change_its_mind() public {
        Wallet1271 wallet = new Wallet1271();
        bytes32 digest = _digest(address(wallet), 0);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, address(wallet)));
        manager.setAuthorisationWithSig(address(wallet), facility, operator, _a, _deadline, "");
        wallet.approveHash(digest);
        manager.setAuthorisationWithSig(address(wallet), facility, operator, _a, _deadline, "");
        assertEq(manager.authorisationOf(address(wallet), facility, operator).actions, Actions.DRAW);
        // The same approval again meets another nonce.
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, address(wallet)));
        manager.setAuthorisationWithSig(address(wallet), facility, operator, _a, _deadline, "");
        wallet.approveHash(_digest(address(wallet), 1));
        wallet.approveHash(0);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, address(wallet)));
        manager.setAuthorisationWithSig(address(wallet), facility, operator, _a, _deadline, "");
    }

    function test_a_signed_authorisation_is_judged_like_a_called_one() public {
        _a.actions = 32;
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidAuthorisation.selector, 32, operator));
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
        assertEq(manager.nonces(_owner), 0, "and costs no nonce");
    }

    // ---- permit and multicall ----

    function test_permit_and_open_in_one_transaction() public {
        btc.mint(_owner, BTC);
        bytes[] memory calls = _permitAndOpen();
        vm.prank(_owner);
        manager.multicall(calls);
        assertEq(manager.ownerOf(_id(_owner, facility, 0)), _owner);
        assertEq(btc.allowance(_owner, address(vault)), 0);
    }

    function test_fault_C35_a_permit_used_by_someone_faster_does_not_block_the_action() public {
        btc.mint(_owner, BTC);
        bytes[] memory calls = _permitAndOpen();
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(BTC);
        vm.prank(stranger);
        btc.permit(_owner, address(vault), BTC, _deadline, v, r, s);
        vm.prank(_owner);
        manager.multicall(calls);
        assertEq(manager.ownerOf(_id(_owner, facility, 0)), _owner);
    }

    function test_a_permit_of_a_token_that_has_none_is_passed_over() public {
        vm.prank(_owner);
        manager.permit(address(vault), address(pool), 1, _deadline, 27, 0, 0);
    }

    function test_a_multicall_is_all_or_nothing() public {
        uint256 id = _open(BTC, 20_000 * USD);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ILoanManager.draw, (id, 1000 * USD, borrower));
        calls[1] = abi.encodeCall(ILoanManager.draw, (id, 0, borrower));
        vm.prank(borrower);
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        manager.multicall(calls);
        assertEq(manager.debtOf(id), 20_000 * USD);
        calls[1] = abi.encodeCall(ILoans.withdraw, (id, BTC / 10, borrower));
        vm.prank(borrower);
        manager.multicall(calls);
        assertEq(manager.debtOf(id), 21_000 * USD);
        assertEq(manager.loanOf(id).collateral, BTC - BTC / 10);
    }

    function test_a_multicall_acts_for_its_caller_only() public {
        uint256 id = _open(BTC, 20_000 * USD);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(ILoanManager.draw, (id, 1, stranger));
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, stranger, borrower, Actions.DRAW)
        );
        manager.multicall(calls);
    }

    function test_an_operator_brings_its_authorisation_and_acts_in_one_transaction() public {
        btc.mint(_owner, BTC);
        vm.startPrank(_owner);
        btc.approve(address(vault), BTC);
        uint256 id = manager.open(facility, 0, BTC, minDebt, _owner, "");
        vm.stopPrank();
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            IAuthorisations.setAuthorisationWithSig,
            (_owner, facility, operator, _a, _deadline, _sign(KEY, _digest(_owner, 0)))
        );
        calls[1] = abi.encodeCall(ILoanManager.draw, (id, 1000, operator));
        vm.prank(operator);
        manager.multicall(calls);
        assertEq(usd.balanceOf(operator), 1000);
    }

    /// @dev Unlike a permit, an authorisation brought by someone faster undoes the multicall that brings it again; the action
    /// alone then goes through, so the operator sends it alone.
    function test_fault_C35_an_authorisation_brought_by_someone_faster_leaves_the_action_to_be_sent_alone() public {
        btc.mint(_owner, BTC);
        vm.startPrank(_owner);
        btc.approve(address(vault), BTC);
        uint256 id = manager.open(facility, 0, BTC, minDebt, _owner, "");
        vm.stopPrank();
        bytes memory signature = _sign(KEY, _digest(_owner, 0));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            IAuthorisations.setAuthorisationWithSig,
            (_owner, facility, operator, _a, _deadline, signature)
        );
        calls[1] = abi.encodeCall(ILoanManager.draw, (id, 1000, operator));
        vm.prank(stranger);
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, _owner));
        manager.multicall(calls);
        manager.draw(id, 1000, operator);
        assertEq(usd.balanceOf(operator), 1000);
    }

    // ---- inside ----

    function _permitAndOpen() private view returns (bytes[] memory calls) {
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(BTC);
        calls = new bytes[](2);
        calls[0] = abi.encodeCall(ILoans.permit, (address(btc), address(vault), BTC, _deadline, v, r, s));
        calls[1] = abi.encodeCall(ILoanManager.open, (facility, 0, BTC, minDebt, _owner, ""));
    }

    function _signPermit(uint256 value) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 inner = keccak256(abi.encode(PERMIT_TYPEHASH, _owner, vault, value, btc.nonces(_owner), _deadline));
        return vm.sign(KEY, keccak256(abi.encodePacked("\x19\x01", IERC20Permit(btc).DOMAIN_SEPARATOR(), inner)));
    }

    function _digest(address owner, uint256 nonce) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH,
                keccak256("Ballast LoanManager"),
                keccak256("1"),
                block.chainid,
                address(manager)
            )
        );
        bytes32 inner = keccak256(
            abi.encode(
                AUTHORISATION_TYPEHASH,
                owner,
                facility,
                operator,
                _a.actions,
                _a.expiresAt,
                _a.cashLimit,
                _a.collateralLimit,
                nonce,
                _deadline
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, inner));
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _invalid(bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidSignature.selector, _owner));
        manager.setAuthorisationWithSig(_owner, facility, operator, _a, _deadline, signature);
    }
}
