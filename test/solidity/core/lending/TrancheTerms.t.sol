// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Creator} from "../../helpers/Creator.sol";

/// @notice Senior lenders leave at once, and the others by request only: no class is created with other terms.
contract TrancheTermsTest is Test, Creator {
    MockToken private _usd;

    function setUp() public {
        _usd = new MockToken("Dollar", "USD", 6);
    }

    function _code(TrancheClass class, uint32 cooldown, uint32 window) private view returns (bytes memory) {
        bytes memory args = abi.encode(_usd, address(1), address(2), class, "T", "T", cooldown, window);
        return bytes.concat(vm.getCode("contracts/lending/Tranche.sol:Tranche"), args);
    }

    function _refused(TrancheClass class, uint32 cooldown, uint32 window) private {
        bytes memory code = _code(class, cooldown, window);
        vm.expectRevert(abi.encodeWithSelector(ITranche.InvalidExitTerms.selector, class, cooldown, window));
        this.create(code);
    }

    function test_terms_of_leaving_that_do_not_fit_the_class_are_refused() public {
        _refused(TrancheClass.Senior, 1, 1);
        _refused(TrancheClass.Senior, 1, 0);
        _refused(TrancheClass.Senior, 0, 1);
        _refused(TrancheClass.Junior, 0, 0);
        _refused(TrancheClass.Junior, 0, 1);
        _refused(TrancheClass.Cover, 1, 0);
    }

    function test_a_class_has_the_terms_it_was_created_with() public {
        ITranche senior = ITranche(this.create(_code(TrancheClass.Senior, 0, 0)));
        assertEq(uint8(senior.class()), uint8(TrancheClass.Senior));
        assertEq(senior.decimals(), 12);
        assertEq(senior.asset(), address(_usd));
        assertEq(senior.pool(), address(1));
        ITranche cover = ITranche(this.create(_code(TrancheClass.Cover, 7 days, 2 days)));
        assertEq(uint8(cover.class()), uint8(TrancheClass.Cover));
    }
}
